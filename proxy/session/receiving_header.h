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

// Which versions of the protocol are good enough.
enum class Versions : std::uint8_t { kXmpp1, kAny };

// The addresses of a header of this end, or how the leg ends because something about the header is
// wrong: the content namespace, the version, an address (RFC 6120 sections 4.7 and 4.8). Whatever
// is there is checked; `required` says what must be there.
tl::expected<Addresses, Ending> addresses_of(const ReceivingProfile& profile,
                                             const xmpp::StreamHeader& header, Required required,
                                             Versions versions = Versions::kXmpp1);

// What the first header must have for us to choose the certificate that we show. On the WAN that is
// `to`; those who only look at certificates send no `from` before TLS. The backend must send both,
// because the certificate is made for the domain in its `to`.
Required required_in_the_clear(const ReceivingProfile& profile);
Required required_when_secured(const ReceivingProfile& profile);

// Whether a later header of the same connection names the same domains. An address that it leaves
// out counts as the same.
bool same_addresses(const Addresses& earlier, const Addresses& later);

// Our header in answer to theirs, to be sent before a refusal too: what is wrong in theirs is left
// out.
xmpp::StreamHeader answer_to(const ReceivingProfile& profile, const xmpp::StreamHeader& header);

}  // namespace portcullis::session::receiving
