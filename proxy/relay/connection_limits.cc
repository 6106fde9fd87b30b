#include "proxy/relay/connection_limits.h"

#include <algorithm>
#include <random>
#include <utility>

namespace portcullis::relay {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::uint64_t secret() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

template <class Enum>
std::size_t index(Enum value) {
  return static_cast<std::size_t>(value);
}

telemetry::Limit limit_of(StreamKind kind) {
  switch (kind) {
    case StreamKind::kS2sInbound:
      return telemetry::Limit::kInboundConnections;
    case StreamKind::kS2sOutbound:
      return telemetry::Limit::kOutboundConnections;
    case StreamKind::kC2s:
      return telemetry::Limit::kClientConnections;
  }
  return telemetry::Limit::kInboundConnections;
}

template <class Map, class Key>
std::size_t count_of(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

template <class Map, class Key>
void take_one_from(Map& map, const Key& key) {
  const auto found = map.find(key);
  if (--found->second == 0) map.erase(found);
}

}  // namespace

Result<ConnectionLimits::Settings> ConnectionLimits::Settings::of(const policy::Limits& limits) {
  Settings settings;
  settings.of_kind[index(StreamKind::kS2sInbound)] = limits.inbound_connections;
  settings.of_kind[index(StreamKind::kS2sOutbound)] = limits.outbound_connections;
  settings.of_kind[index(StreamKind::kC2s)] = limits.client_connections;
  settings.of_network = {limits.connections_per_address, limits.connections_per_address,
                         limits.connections_per_ipv6_56, limits.connections_per_ipv6_48};
  settings.exempt_total = limits.exempt_connections;
  settings.refused = limits.refused_connections;
  settings.of_domain = limits.streams_per_domain;
  settings.rates = RateLimits::Settings::of(limits);
  settings.logins = LoginRates::Settings::of(limits);
  for (const auto& text : limits.exempt) {
    auto block = net::CidrBlock::parse(text);
    if (!block) return tl::unexpected(block.error());
    settings.exempt.push_back(*block);
  }
  return settings;
}

ConnectionLimits::ConnectionLimits(Settings settings)
    : settings_(std::move(settings)),
      rates_(settings_.rates, secret()),
      logins_(settings_.logins, secret()),
      mints_(secret()) {}

ConnectionLimits::Place& ConnectionLimits::Place::operator=(Place&& other) noexcept {
  if (this != &other) {
    release();
    limits_ = std::move(other.limits_);
    of_ = std::move(other.of_);
  }
  return *this;
}

void ConnectionLimits::Place::release() {
  if (limits_) limits_->give_back(of_);
  limits_.reset();
}

ConnectionLimits::Answer ConnectionLimits::enter(StreamKind kind) {
  const std::scoped_lock lock(mutex_);
  if (of_kind_[index(kind)] >= settings_.of_kind[index(kind)])
    return tl::unexpected(limit_of(kind));
  ++of_kind_[index(kind)];
  return Place(shared_from_this(), kind);
}

bool ConnectionLimits::is_exempt(const net::SocketAddress& peer) const {
  return std::any_of(settings_.exempt.begin(), settings_.exempt.end(),
                     [&](const net::CidrBlock& block) { return block.contains(peer); });
}

ConnectionLimits::Answer ConnectionLimits::admit(StreamKind kind, const net::SocketAddress& peer,
                                                 std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  if (is_exempt(peer)) return admit_exempt(now);
  const PeerNetworks networks(peer);
  for (const auto& network : networks)
    if (count_of(of_network_, network) >= settings_.of_network[index(network.size)])
      return tl::unexpected(places_limit(network.size));
  if (const auto limit = rates_.take(kind, networks, now)) return tl::unexpected(*limit);
  // First what needs memory, so that all of them are counted or none.
  for (const auto& network : networks) of_network_.try_emplace(network, 0);
  for (const auto& network : networks) ++of_network_[network];
  return Place(shared_from_this(), networks.smallest());
}

ConnectionLimits::Answer ConnectionLimits::admit_exempt(std::chrono::milliseconds now) {
  if (exempt_ >= settings_.exempt_total)
    return tl::unexpected(telemetry::Limit::kExemptConnections);
  if (const auto limit = rates_.take_exempt(now)) return tl::unexpected(*limit);
  ++exempt_;
  return Place(shared_from_this(), Place::Exempt());
}

ConnectionLimits::Answer ConnectionLimits::linger() {
  const std::scoped_lock lock(mutex_);
  if (refused_ >= settings_.refused) return tl::unexpected(telemetry::Limit::kRefusedConnections);
  ++refused_;
  return Place(shared_from_this(), Place::Refused());
}

ConnectionLimits::Answer ConnectionLimits::join(const DomainName& remote, bool certified) {
  const std::scoped_lock lock(mutex_);
  std::string key = (certified ? "certified " : "claimed ") + remote.a_label();
  if (count_of(of_domain_, key) >= settings_.of_domain)
    return tl::unexpected(telemetry::Limit::kStreamsPerDomain);
  ++of_domain_[key];
  return Place(shared_from_this(), std::move(key));
}

void ConnectionLimits::charge(const net::SocketAddress& peer, double connections,
                              std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  if (!is_exempt(peer)) rates_.charge(PeerNetworks(peer), connections, now);
}

std::optional<telemetry::Limit> ConnectionLimits::ask(session::Attempt attempt,
                                                      const net::SocketAddress& peer,
                                                      std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  if (is_exempt(peer)) return std::nullopt;
  return logins_.ask(attempt, PeerNetworks(peer), now);
}

void ConnectionLimits::login_failed(const net::SocketAddress& peer, std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  if (!is_exempt(peer)) logins_.login_failed(PeerNetworks(peer), now);
}

std::optional<telemetry::Limit> ConnectionLimits::mint(certs::LeafPurpose purpose,
                                                       const DomainName& host,
                                                       const net::SocketAddress& peer,
                                                       std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  return mints_.take(purpose, host, peer, is_exempt(peer), now);
}

std::string ConnectionLimits::mint_source(certs::LeafPurpose purpose, const DomainName& host,
                                          const net::SocketAddress& peer) const {
  const std::scoped_lock lock(mutex_);
  return mints_.source(purpose, host, peer);
}

bool ConnectionLimits::has_proved(const DomainName& host, const net::SocketAddress& peer) const {
  const std::scoped_lock lock(mutex_);
  return mints_.has_proved(host, peer);
}

void ConnectionLimits::proved(const DomainName& host, const net::SocketAddress& peer) {
  const std::scoped_lock lock(mutex_);
  mints_.proved(host, peer);
}

std::size_t ConnectionLimits::open() const {
  const std::scoped_lock lock(mutex_);
  return of_kind_[0] + of_kind_[1] + of_kind_[2];
}

std::size_t ConnectionLimits::most_of_domain() const {
  const std::scoped_lock lock(mutex_);
  return settings_.of_domain;
}

ConnectionLimits::Busiest ConnectionLimits::busiest() const {
  const std::scoped_lock lock(mutex_);
  Busiest busiest{{}, 0, exempt_, settings_.of_network[index(NetworkSize::kIpv4Address)]};
  const PeerNetwork* most = nullptr;
  for (const auto& [network, connections] : of_network_) {
    if (!network.is_smallest()) continue;  // the others count the same connections again
    busiest.all += connections;
    if (connections <= busiest.connections) continue;
    most = &network;
    busiest.connections = connections;
  }
  if (most != nullptr) busiest.address = most->text();
  return busiest;
}

void ConnectionLimits::change(Settings settings) {
  const std::scoped_lock lock(mutex_);
  rates_.change(settings.rates);
  logins_.change(settings.logins);
  settings_ = std::move(settings);
}

void ConnectionLimits::give_back(const Place::Of& of) {
  const std::scoped_lock lock(mutex_);
  std::visit(Overloaded{
                 [&](StreamKind kind) { --of_kind_[index(kind)]; },
                 [&](const PeerNetwork& smallest) {
                   for (const auto& network : PeerNetworks(smallest))
                     take_one_from(of_network_, network);
                 },
                 [&](Place::Exempt) { --exempt_; },
                 [&](Place::Refused) { --refused_; },
                 [&](const std::string& domain) { take_one_from(of_domain_, domain); },
             },
             of);
}

}  // namespace portcullis::relay
