#include <string>

#include "policy/load/config_draft.h"

// Whether what the configuration says of channel binding can come true.
namespace portcullis::policy {
namespace {

void check_binding_of(const Backend& backend, const std::string& path, Findings& findings) {
  const std::string key = path + ".channel_binding";
  if (backend.channel_binding == ChannelBinding::kOff || findings.faulty(path)) return;
  const Place place = findings.place_of(key);
  const auto& kind = info(backend.kind);
  if (!backend.has_client_tls())
    return findings.error(place,
                          "a login can only be bound to a certificate if the server shows it to "
                          "the gate; set c2s_tls = \"starttls\" in [host.backend], with a c2s that "
                          "is not \"off\", or remove channel_binding");
  if (kind.hints.binding.empty())
    findings.error(place, std::string(kind.title) +
                              " knows no channel binding by the server's certificate; remove "
                              "channel_binding");
}

}  // namespace

void check_binding(const Draft& draft, Findings& findings) {
  for (std::size_t i = 0; i < draft.hosts.size(); ++i)
    check_binding_of(draft.hosts[i].backend, "host[" + std::to_string(i) + "].backend", findings);
}

}  // namespace portcullis::policy
