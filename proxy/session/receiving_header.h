#pragma once

#include <cstdint>
#include <optional>
#include <tl/expected.hpp>

#include "proxy/session/ending.h"
#include "proxy/session/profile.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::session::receiving {

// The two domains in a stream header, seen from us: `local` is served by us. On the WAN it is the
// header's `to`, on the backend side its `from`. c2s has no remote.
struct Addresses {
  std::optional<DomainName> local;
  std::optional<DomainName> remote;
};

enum class Required : std::uint8_t { kNothing, kLocal, kAll };

// Which versions of the protocol are accepted.
enum class Versions : std::uint8_t { kXmpp1, kAny };

// The addresses in a header of this end. If something in the header is wrong, how the leg ends: the
// content namespace, the version, or an address (RFC 6120 sections 4.7 and 4.8). Every address that
// is there is checked; `required` says which ones must be there.
tl::expected<Addresses, Ending> addresses_of(const ReceivingProfile& profile,
                                             const xmpp::StreamHeader& header, Required required,
                                             Versions versions = Versions::kXmpp1);

// The same for the two domains of a <db:result/> of the backend: one is served here, the other is
// not. `addresses` get the operator's spelling.
std::optional<Ending> check_served(const ReceivingProfile& profile, Addresses& addresses);

// Which addresses the first header must have, so that we can choose the certificate that we show.
// On the WAN only `to`: tools that only look at certificates send no `from` before TLS. The backend
// must send both, because the certificate is made for the domain in its `to`.
Required required_in_the_clear(const ReceivingProfile& profile);
Required required_when_secured(const ReceivingProfile& profile);

// Whether a later header of the same connection names the same domains. If it leaves an address
// out, that counts as the same.
bool same_addresses(const Addresses& earlier, const Addresses& later);

// `domain` as it is to be written on a stream: in the operator's spelling if it is served here.
DomainName spelled(const ReceivingProfile& profile, const DomainName& domain);

// Our header in answer to `header`. It can also be sent before a refusal, because it repeats
// nothing that is wrong in `header`.
xmpp::StreamHeader answer_to(const ReceivingProfile& profile, const xmpp::StreamHeader& header);

}  // namespace portcullis::session::receiving
