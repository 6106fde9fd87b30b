#pragma once

#include <string>
#include <vector>

#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::relay {

// Tells senders that what they sent has not arrived, on a stream of its own.
class UndeliveredNotices {
 public:
  virtual ~UndeliveredNotices() = default;

  // Sends `stanzas` to the server of `to` in the name of `from`: to our backend (Side::kBackend;
  // `from` is the remote domain), or to a peer (Side::kWan; `from` is ours). Each stanza is a
  // complete error stanza in the namespace jabber:server (RFC 6120 section 8.3). May be called at
  // any time; never calls the caller. What cannot be told is counted, and told nobody else.
  virtual void tell(const DomainName& from, const DomainName& to, Side to_side,
                    std::vector<std::string> stanzas) = 0;
};

}  // namespace portcullis::relay
