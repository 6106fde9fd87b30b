#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"
#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// Server dialback: XEP-0220. A request is answered from a certificate (XEP-0344) or handed on; no
// key is made or checked here.

inline constexpr std::size_t kMaxDialbackText = 1024;  // octets of a key, and of an id

struct DialbackRequest {
  bool verify = false;  // <db:verify/>, else <db:result/>
  DomainName from;
  DomainName to;
  std::string id;   // of <db:verify/>: the stream it asks about, never empty; else empty
  std::string key;  // without white space around it; of <db:result/> it may be empty
};

// Whether it is <result/> or <verify/> of dialback, request or answer.
bool is_dialback(const Element& element);

// A request, which is one without `type`. The error is half a sentence on what is wrong with it;
// it repeats nothing of the element.
Result<DialbackRequest> read_dialback_request(const Element& element);

// What we write has the literal prefix "db", because old ejabberd and Openfire compare prefixes:
// it stands on a stream whose header was written with dialback.

// The request again, with nothing but what was read of it.
std::string write_dialback_request(const DialbackRequest& request);

// <db:result type='valid'/>. As on every answer, `from` and `to` are those of the request swapped.
std::string write_dialback_valid(const DomainName& from, const DomainName& to);

// XEP-0220 section 2.4: type='error' with <error type='cancel'/>. `id` is that of the request and
// written on <db:verify/> alone. `condition` is one of RFC 6120 section 8.3.3 and never a peer's
// word; `text` may be empty.
std::string write_dialback_error(bool verify, const DomainName& from, const DomainName& to,
                                 std::string_view id, std::string_view condition,
                                 std::string_view text);

}  // namespace portcullis::xmpp
