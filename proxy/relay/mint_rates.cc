#include "proxy/relay/mint_rates.h"

#include <cstdint>
#include <iterator>
#include <utility>

namespace portcullis::relay {
namespace {

using certs::LeafPurpose;

// 192 KiB. A peer with IPv6 needs three entries, and nobody has one who takes nothing.
constexpr std::size_t kNetworks = 8'192;
// From so many on, full buckets are forgotten. Others are there only while tokens of a total are
// missing, so a total bounds their number.
constexpr std::size_t kHosts = 8'192;

telemetry::Limit limit_of(LeafPurpose purpose) {
  switch (purpose) {
    case LeafPurpose::kInbound:
      return telemetry::Limit::kInboundMints;
    case LeafPurpose::kOutbound:
      return telemetry::Limit::kOutboundMints;
    case LeafPurpose::kRefused:
      return telemetry::Limit::kRefusedMints;
  }
  return telemetry::Limit::kInboundMints;
}

const Rate& rate_of(const PeerNetwork& network) {
  return MintRates::kOfNetwork[static_cast<std::size_t>(network.size)];
}

}  // namespace

MintRates::MintRates(std::uint64_t secret) : networks_(kNetworks, secret) {}

std::optional<telemetry::Limit> MintRates::take(LeafPurpose purpose, const DomainName& host,
                                                const net::SocketAddress& peer, bool exempt,
                                                Time now) {
  bool taken = false;
  if (purpose == LeafPurpose::kInbound)
    taken = exempt ? take_total(purpose, now) : take_inbound(PeerNetworks(peer), now);
  else if (backends_.has(host, peer))
    taken = take_proved(purpose, source(purpose, host, peer), now);
  else
    taken = take_unproved(purpose, now);
  if (taken) return std::nullopt;
  return limit_of(purpose);
}

std::string MintRates::source(LeafPurpose purpose, const DomainName& host,
                              const net::SocketAddress& peer) const {
  if (purpose == LeafPurpose::kInbound) {
    const PeerNetworks networks(peer);
    return std::prev(networks.end())->text();
  }
  if (!backends_.has(host, peer)) return "unproved";
  return std::string(purpose == LeafPurpose::kRefused ? "refused " : "wanted ") + host.a_label() +
         ' ' + peer.host();
}

bool MintRates::take_inbound(const PeerNetworks& networks, Time now) {
  for (const auto& network : networks)
    if (!networks_.has(network, rate_of(network), 1, now)) return false;
  if (!take_total(LeafPurpose::kInbound, now)) return false;
  for (const auto& network : networks) networks_.take(network, rate_of(network), 1, now);
  return true;
}

bool MintRates::take_proved(LeafPurpose purpose, std::string source, Time now) {
  const Rate& rate = purpose == LeafPurpose::kRefused ? kOfHostRefused : kOfHost;
  if (hosts_.size() >= kHosts)
    std::erase_if(hosts_, [now](const auto& entry) { return entry.second.is_full(now); });
  const auto found = hosts_.find(source);
  TokenBucket bucket = found == hosts_.end() ? TokenBucket() : found->second;
  if (!bucket.has(rate, 1, now) || !take_total(purpose, now)) return false;
  bucket.take(rate, 1, now);
  hosts_.insert_or_assign(std::move(source), bucket);
  return true;
}

bool MintRates::take_unproved(LeafPurpose purpose, Time now) {
  const bool refused = purpose == LeafPurpose::kRefused;
  const Rate& rate = refused ? kUnprovedRefused : kUnproved;
  TokenBucket& bucket = refused ? unproved_refused_ : unproved_;
  if (!bucket.has(rate, 1, now)) return false;
  bucket.take(rate, 1, now);
  return true;
}

bool MintRates::take_total(LeafPurpose purpose, Time now) {
  const auto index = static_cast<std::size_t>(purpose);
  if (!totals_[index].has(kTotal[index], 1, now)) return false;
  totals_[index].take(kTotal[index], 1, now);
  return true;
}

}  // namespace portcullis::relay
