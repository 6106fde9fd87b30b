#include "proxy/relay/login_rates.h"

namespace portcullis::relay {
namespace {

// 192 KiB for each. A peer with IPv6 needs three entries, and nobody has one who does no wrong.
constexpr std::size_t kNetworks = 8'192;
constexpr double kSecondsOfAnHour = 3'600;

// A /56 may have as much as two addresses, and a /48 as much as four: as the defaults of
// connections_per_address and the like.
double share_of(NetworkSize size) {
  switch (size) {
    case NetworkSize::kIpv4Address:
    case NetworkSize::kIpv6Slash64:
      return 1;
    case NetworkSize::kIpv6Slash56:
      return 2;
    case NetworkSize::kIpv6Slash48:
      return 4;
  }
  return 1;
}

telemetry::Limit limit_of(session::Attempt attempt) {
  return attempt == session::Attempt::kLogin ? telemetry::Limit::kFailedLogins
                                             : telemetry::Limit::kRegistrations;
}

}  // namespace

LoginRates::Settings LoginRates::Settings::of(const policy::Limits& limits) {
  return {{static_cast<double>(limits.failed_logins_per_address),
           static_cast<double>(limits.registrations_per_address)}};
}

LoginRates::LoginRates(const Settings& settings, std::uint64_t secret)
    : settings_(settings),
      networks_{TokenBuckets(kNetworks, secret), TokenBuckets(kNetworks, secret)} {}

Rate LoginRates::rate_of(Attempt attempt, const PeerNetwork& network) const {
  const double burst =
      settings_.an_hour.at(static_cast<std::size_t>(attempt)) * share_of(network.size);
  return {burst / kSecondsOfAnHour, burst};
}

std::optional<telemetry::Limit> LoginRates::ask(Attempt attempt, const PeerNetworks& peer,
                                                Time now) {
  auto& buckets = networks_.at(static_cast<std::size_t>(attempt));
  for (const auto& network : peer)
    if (!buckets.has(network, rate_of(attempt, network), 1, now)) return limit_of(attempt);
  if (attempt == Attempt::kRegistration)
    for (const auto& network : peer) buckets.take(network, rate_of(attempt, network), 1, now);
  return std::nullopt;
}

void LoginRates::login_failed(const PeerNetworks& peer, Time now) {
  auto& buckets = networks_.at(static_cast<std::size_t>(Attempt::kLogin));
  for (const auto& network : peer) buckets.owe(network, rate_of(Attempt::kLogin, network), 1, now);
}

}  // namespace portcullis::relay
