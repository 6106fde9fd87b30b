#pragma once

#include <cstdint>
#include <string>

#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"
#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// What a server answers to a request of server dialback (XEP-0220).
struct DialbackAnswer {
  enum class Type : std::uint8_t { kValid, kInvalid, kError };

  bool verify = false;  // to <db:verify/>, else to <db:result/>
  DomainName from;      // the domain that was asked, so the `to` of the request
  DomainName to;
  std::string id;  // of an answer to <db:verify/>, never empty there; else empty
  Type type = Type::kInvalid;
  std::string condition;  // with kError: the name of the stanza error, or empty
};

// Reads an answer: it has a `type`. A key that it repeats is not looked at, nor is the id that some
// servers write on the answer to <db:result/>. The error is half a sentence about what is wrong; it
// contains no text of the other side.
Result<DialbackAnswer> read_dialback_answer(const Element& element);

}  // namespace portcullis::xmpp
