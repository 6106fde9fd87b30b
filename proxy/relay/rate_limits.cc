#include "proxy/relay/rate_limits.h"

#include <cstdint>

namespace portcullis::relay {
namespace {

// 1.5 MiB. A peer with IPv6 needs three entries.
constexpr std::size_t kEntries = 65'536;

Rate rate(std::size_t per_second, std::size_t burst) {
  return {static_cast<double>(per_second), static_cast<double>(burst)};
}

}  // namespace

RateLimits::Settings RateLimits::Settings::of(const policy::Limits& limits) {
  const Rate address = rate(limits.rate_per_address, limits.burst_per_address);
  return {{address, address, rate(limits.rate_per_ipv6_56, limits.burst_per_ipv6_56),
           rate(limits.rate_per_ipv6_48, limits.burst_per_ipv6_48)},
          rate(limits.rate_total, limits.burst_total)};
}

RateLimits::RateLimits(const Settings& settings, std::uint64_t secret)
    : settings_(settings), networks_(kEntries, secret) {}

std::optional<telemetry::Limit> RateLimits::take(StreamKind kind, const PeerNetworks& peer,
                                                 std::chrono::milliseconds now) {
  for (const auto& network : peer)
    if (!networks_.has(network, rate_of(network), 1, now)) return rate_limit(network.size);
  auto& total = totals_[static_cast<std::size_t>(kind)];
  if (!total.has(settings_.total, 1, now)) return telemetry::Limit::kRateTotal;
  total.take(settings_.total, 1, now);
  for (const auto& network : peer) networks_.take(network, rate_of(network), 1, now);
  return std::nullopt;
}

std::optional<telemetry::Limit> RateLimits::take_exempt(std::chrono::milliseconds now) {
  if (!exempt_.has(settings_.total, 1, now)) return telemetry::Limit::kRateTotal;
  exempt_.take(settings_.total, 1, now);
  return std::nullopt;
}

void RateLimits::charge(const PeerNetworks& peer, double connections,
                        std::chrono::milliseconds now) {
  for (const auto& network : peer) networks_.take(network, rate_of(network), connections, now);
}

}  // namespace portcullis::relay
