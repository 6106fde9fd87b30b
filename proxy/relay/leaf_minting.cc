#include "proxy/relay/leaf_minting.h"

#include <utility>

#include "policy/model/neighbours.h"
#include "proxy/relay/peer_assessment.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Refusal;

tl::unexpected<Refusal> internal_error(const std::string& detail) {
  return tl::unexpected(policy::refuse(Reason::kInternalError, {{"detail", detail}}));
}

// Who calls has not said yet of which host it is. So it is a host whose backend has called from
// there before, or else the first; and rather one that may speak to others than one that is
// local_only: whether one may speak to a domain depends on that domain, and is asked once. A domain
// of ours is called by another program than its own. Null if there is no such host.
const policy::Host* who_pays(const policy::Config& config, const DomainName& remote,
                             StreamBudget& budget) {
  const policy::Host* best = nullptr;
  int most = -1;
  for (const auto& host : config.hosts) {
    if (!host.backend.s2s) continue;
    if (config.host_for(remote) != nullptr && !policy::are_connected(config, host.domain, remote))
      continue;
    const int fits = (budget.admission().has_proved(host.domain) ? 2 : 0) +
                     (config.is_local_only(host.domain) ? 0 : 1);
    if (fits <= most) continue;
    best = &host;
    most = fits;
  }
  return best;
}

}  // namespace

// On the near end the backend has shown no certificate yet: our own one has to come first. So what
// comes there may be anybody who reaches the outbound listener, or any user of the backend who
// writes to many domains, and it has rates and room of its own; the first of them are apart from
// addresses from which the backend has shown its certificate before. Domains that the backend may
// not reach get a certificate, too, or it could not be told in words why; but they take nothing
// from those that it may reach.
LeafOrRefusal mint_leaf(Place place, const StreamPair& pair, const Snapshot& snapshot,
                        StreamBudget& budget, std::chrono::sys_seconds now) {
  using certs::LeafPurpose;
  const auto& local = pair.local;
  const auto& remote = *pair.remote;
  auto* const ca = snapshot.local_ca();
  if (ca == nullptr) return internal_error("no local CA is configured");
  auto purpose = LeafPurpose::kInbound;
  if (place == Place::kNear) {
    const auto decision = assess_federation(snapshot.config(), local, remote, now);
    purpose = decision.verdict == policy::Verdict::kRejected ? LeafPurpose::kRefused
                                                             : LeafPurpose::kOutbound;
  }
  if (auto kept = ca->kept(remote, now, purpose, local)) return kept;
  const policy::Host* const host = snapshot.config().host_for(local);
  if (host == nullptr) return internal_error("no host to make a certificate for");
  if (auto refusal = budget.mint(purpose, host->domain, remote))
    return tl::unexpected(std::move(*refusal));
  auto use = budget.admission().leaf_use(purpose, host->domain);
  use.toward = local;
  auto leaf = ca->mint(remote, now, use);
  if (!leaf)
    return tl::unexpected(
        Refusal{Reason::kLocalCaUnavailable, policy::printable(leaf.error().message, 512)});
  return std::move(*leaf);
}

LeafOrRefusal mint_leaf(const DomainName& remote, const Snapshot& snapshot, StreamBudget& budget,
                        std::chrono::sys_seconds now) {
  const auto* const payer = who_pays(snapshot.config(), remote, budget);
  if (payer == nullptr && snapshot.config().host_for(remote) != nullptr)
    return tl::unexpected(policy::refuse(
        Reason::kDirectTlsRefused,
        {{"detail", "its ClientHello names " + remote.a_label() + ", which is served here"}}));
  if (payer == nullptr) return internal_error("no host to make a certificate for");
  return mint_leaf(Place::kNear, {payer->domain, remote}, snapshot, budget, now);
}

}  // namespace portcullis::relay
