#include <string>

#include "policy/load/config_draft.h"

namespace portcullis::policy {

void check_tlvs(const Draft& draft, Findings& findings) {
  const bool arrive = !draft.config.listen.proxy_protocol_from.empty();
  for (std::size_t i = 0; i < draft.hosts.size(); ++i) {
    const auto& backend = draft.hosts[i].backend;
    const bool go_on = backend.s2s_proxy_protocol == ProxyProtocol::kV2 ||
                       backend.c2s_proxy_protocol == ProxyProtocol::kV2;
    if (backend.proxy_tlvs.empty() || (arrive && go_on)) continue;
    findings.warning(findings.place_of("host[" + std::to_string(i) + "].backend.proxy_tlvs"),
                     std::string("host.backend.proxy_tlvs has no effect: ") +
                         (arrive ? "neither s2s_proxy_protocol nor c2s_proxy_protocol is \"v2\""
                                 : "no balancer is named in listen.proxy_protocol_from"));
  }
}

}  // namespace portcullis::policy
