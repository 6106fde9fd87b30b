#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"
#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// Server dialback: XEP-0220. A request is answered because of a certificate (XEP-0344), or it is
// passed on. No key is made or checked here.

inline constexpr std::size_t kMaxDialbackText = 1024;  // octets of a key, and of an id

struct DialbackRequest {
  bool verify = false;  // <db:verify/>, else <db:result/>
  DomainName from;
  DomainName to;
  std::string id;   // <db:verify/>: the id of the stream in question, never empty; else empty
  std::string key;  // without white space around it; may be empty in <db:result/>
};

// Whether `element` is a <result/> or <verify/> of dialback, be it a request or an answer.
bool is_dialback(const Element& element);

// Reads a request: it has no `type`. The error is half a sentence about what is wrong; it contains
// no text of the peer.
Result<DialbackRequest> read_dialback_request(const Element& element);

// What we write has the literal prefix "db", because old versions of ejabberd and Openfire compare
// prefixes. So it may only be sent on a stream whose header was written with dialback, which
// declares "db".

// Writes the request anew, with only what was read of it.
std::string write_dialback_request(const DialbackRequest& request);

// <db:result type='valid'/>. As in every answer, `from` is the `to` of the request, and `to` is its
// `from`.
std::string write_dialback_valid(const DomainName& from, const DomainName& to);

// The answer to a request that was read: its addresses swapped and its id, exactly as they stand in
// it, because servers compare them so. `type` is valid or invalid.
std::string write_dialback_answer(const Element& request, std::string_view type);
// The same with type='error'; `condition` and `text` as in write_dialback_error().
std::string write_dialback_refusal(const Element& request, std::string_view condition,
                                   std::string_view text);

// XEP-0220 section 2.4: type='error' with <error type='cancel'/>. `id` is that of the request; it
// is written only on <db:verify/>. `condition` is one of RFC 6120 section 8.3.3; it must not be a
// word of the peer. `text` may be empty.
std::string write_dialback_error(bool verify, const DomainName& from, const DomainName& to,
                                 std::string_view id, std::string_view condition,
                                 std::string_view text);

}  // namespace portcullis::xmpp
