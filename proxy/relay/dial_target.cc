#include "proxy/relay/dial_target.h"

#include <utility>

namespace portcullis::relay {

using policy::Reason;

DialTarget::Asked DialTarget::peer(const net::SocketAddress& address, const DialRules& rules,
                                   const NamedBackends& named) {
  if (const auto why = rules.why_not_peer(address, named))
    return tl::unexpected(policy::refuse(Reason::kAddressRefused, {{"detail", *why}}));
  return DialTarget(address);
}

DialTarget::Asked DialTarget::backend(const net::SocketAddress& address, const DialRules& rules) {
  if (const auto why = rules.why_not_backend(address))
    return tl::unexpected(policy::Refusal{
        Reason::kBackendMisconfigured,
        "The backend is not called: " + *why + ". Correct host.backend, or its name in DNS."});
  return DialTarget(address);
}

DialTarget::Asked DialTarget::proxy(const net::SocketAddress& address, const DialRules& rules,
                                    net::SocksRequest request) {
  if (const auto why = rules.why_not_backend(address))
    return tl::unexpected(policy::refuse(Reason::kSocksProxyFailed, {{"detail", *why}}));
  DialTarget target(address);
  target.through_ = std::move(request);
  return target;
}

}  // namespace portcullis::relay
