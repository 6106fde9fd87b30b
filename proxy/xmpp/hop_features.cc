#include "proxy/xmpp/hop_features.h"

#include <algorithm>
#include <array>

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {
namespace {

// The one place that decides about them. Whatever is added here must hold for both connections of a
// bridge, or be the gate's own.
constexpr std::array kFeatures{
    HopFeature{.ns = ns::kTls,
               .title = "STARTTLS (RFC 6120)",
               .clients = Handling::kOwn,
               .servers = Handling::kOwn,
               .why = "TLS ends at the gate on both sides"},
    HopFeature{.ns = ns::kSasl,
               .title = "SASL mechanisms (RFC 6120)",
               .clients = Handling::kPass,
               .servers = Handling::kOwn,
               .why =
                   "a client logs in at its server, and may compare the list (XEP-0474); a server "
                   "is authenticated by the gate, with EXTERNAL"},
    HopFeature{.ns = ns::kSasl2,
               .title = "SASL2 (XEP-0388)",
               .clients = Handling::kPass,
               .servers = Handling::kDrop,
               .why = "as SASL mechanisms; between servers the gate speaks RFC 6120 only"},
    HopFeature{.ns = ns::kIqAuthFeature,
               .title = "logins without SASL (XEP-0078)",
               .clients = Handling::kPass,
               .servers = Handling::kDrop,
               .why = "the gate knows such a login by its answer; servers never log in so"},
    HopFeature{.ns = ns::kSaslChannelBinding,
               .title = "channel-binding types (XEP-0440)",
               .clients = Handling::kMerge,
               .servers = Handling::kDrop,
               .why =
                   "a client binds its login to TLS that ends at the gate: only a type that is the "
                   "same on both connections is left, with `channel_binding` of `[host.backend]`"},
    HopFeature{.ns = ns::kCompressFeature,
               .title = "compression (XEP-0138)",
               .clients = Handling::kDrop,
               .servers = Handling::kDrop,
               .why = "it hides what crosses, and a few octets can become very many"},
    HopFeature{.ns = ns::kLimits,
               .title = "stream limits (XEP-0478)",
               .clients = Handling::kMerge,
               .servers = Handling::kMerge,
               .why = "what holds is the smaller limit of the gate and of the server behind it"},
    HopFeature{.ns = ns::kDialbackFeature,
               .title = "server dialback (XEP-0220)",
               .clients = Handling::kDrop,
               .servers = Handling::kOwn,
               .why = "the policy of the gate says whether it is taken"},
    HopFeature{.ns = ns::kBidiFeature,
               .title = "bidirectional streams (XEP-0288)",
               .clients = Handling::kDrop,
               .servers = Handling::kDrop,
               .why = "each stream is one pair of domains in one direction"},
    HopFeature{.ns = ns::kSm2,
               .title = "stream management (XEP-0198, version 2)",
               .clients = Handling::kPass,
               .servers = Handling::kDrop,
               .why = "client and server count for themselves; between servers the gate cannot "
                      "resume a stream"},
    HopFeature{.ns = ns::kSm3,
               .title = "stream management (XEP-0198)",
               .clients = Handling::kPass,
               .servers = Handling::kDrop,
               .why = "as version 2"},
};

const HopFeature* find(std::string_view ns) {
  const auto* const found = std::find_if(kFeatures.begin(), kFeatures.end(),
                                         [ns](const HopFeature& one) { return one.ns == ns; });
  return found == kFeatures.end() ? nullptr : found;
}

}  // namespace

std::span<const HopFeature> hop_features() {
  return kFeatures;
}

Handling handling_for_clients(std::string_view ns) {
  const auto* const feature = find(ns);
  return feature == nullptr ? Handling::kPass : feature->clients;
}

Handling handling_for_servers(std::string_view ns) {
  const auto* const feature = find(ns);
  return feature == nullptr ? Handling::kDrop : feature->servers;
}

}  // namespace portcullis::xmpp
