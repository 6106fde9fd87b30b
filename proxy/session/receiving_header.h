#pragma once

#include <cstdint>
#include <optional>
#include <tl/expected.hpp>

#include "proxy/session/ending.h"
#include "proxy/session/profile.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::session::receiving {

// Who a stream header says it is between, seen from here: `local` is served by us. On the WAN that
// is `to`, on the backend side it is `from`. c2s has no remote.
struct Addresses {
  std::optional<DomainName> local;
  std::optional<DomainName> remote;
};

enum class Required : std::uint8_t { kNothing, kLocal, kAll };

// Content namespace, version and addresses of a header of this end (RFC 6120 sections 4.7, 4.8).
// Whatever is there is checked; `required` says what must be there.
tl::expected<Addresses, Ending> read_addresses(const ReceivingProfile& profile,
                                               const xmpp::StreamHeader& header, Required required);

// What the first header must hold: enough to choose the certificate to show. Scanners name no
// `from` before TLS; the backend must, and the certificate is minted for its `to`.
Required required_in_the_clear(const ReceivingProfile& profile);
Required required_when_secured(const ReceivingProfile& profile);

// Whether a later header of the same connection speaks of the same domains. What it leaves out is
// unchanged.
bool same_addresses(const Addresses& earlier, const Addresses& later);

// Our header in answer to theirs; without what is no good. Valid before any check.
xmpp::StreamHeader answer_to(const ReceivingProfile& profile, const xmpp::StreamHeader& header);

}  // namespace portcullis::session::receiving
