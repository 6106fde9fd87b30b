#include "policy/decide/neighbours_gate.h"

#include <algorithm>
#include <utility>

#include "policy/decide/gate.h"
#include "policy/model/domain_pattern.h"
#include "policy/model/neighbours.h"

namespace portcullis::policy {
namespace {

bool is_denied(const Config& config, const DomainName& domain) {
  const auto& deny = config.federation.deny;
  return std::any_of(deny.begin(), deny.end(),
                     [&](const std::string& pattern) { return pattern_covers(pattern, domain); });
}

Refusal denied(const DomainName& domain) {
  return {Reason::kNeighbourDenied,
          "[federation] deny of this gate names " + domain.a_label() + ": no streams with it."};
}

Decision refused(const Config& config, Refusal refusal) {
  return decide(Mode::kEnforce, {{with_help(config, std::move(refusal))}, {}});
}

}  // namespace

Decision neighbours_gate(const Config& config, const DomainName& local, const DomainName& remote) {
  if (!are_connected(config, local, remote))
    return refused(config, refuse(Reason::kHostUnknown, {{"domain", remote.a_label()}}));
  for (const auto& domain : {remote, local})
    if (is_denied(config, domain)) return refused(config, denied(domain));
  return {};
}

}  // namespace portcullis::policy
