#include "proxy/relay/connection_limits.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {

Result<ConnectionLimits::Settings> ConnectionLimits::Settings::of(const policy::Limits& limits) {
  Settings settings{
      limits.connections, limits.connections_per_address, {}, limits.exempt_connections};
  for (const auto& text : limits.exempt) {
    auto block = net::CidrBlock::parse(text);
    if (!block) return tl::unexpected(block.error());
    settings.exempt.push_back(*block);
  }
  return settings;
}

ConnectionLimits::Place& ConnectionLimits::Place::operator=(Place&& other) noexcept {
  if (this != &other) {
    release();
    limits_ = std::move(other.limits_);
    of_ = other.of_;
    key_ = std::move(other.key_);
  }
  return *this;
}

void ConnectionLimits::Place::release() {
  if (limits_) limits_->give_back(of_, key_);
  limits_.reset();
}

std::optional<ConnectionLimits::Place> ConnectionLimits::take() {
  const std::scoped_lock lock(mutex_);
  if (total_ >= settings_.total) return std::nullopt;
  ++total_;
  return Place(shared_from_this(), Place::Of::kTotal);
}

bool ConnectionLimits::is_exempt(const net::SocketAddress& peer) const {
  return std::any_of(settings_.exempt.begin(), settings_.exempt.end(),
                     [&](const net::CidrBlock& block) { return block.contains(peer); });
}

tl::expected<ConnectionLimits::Place, telemetry::Limit> ConnectionLimits::take(
    const net::SocketAddress& peer) {
  const std::scoped_lock lock(mutex_);
  if (is_exempt(peer)) {
    if (exempt_ >= settings_.exempt_total)
      return tl::unexpected(telemetry::Limit::kExemptConnections);
    ++exempt_;
    return Place(shared_from_this(), Place::Of::kExempt);
  }
  std::string key = peer.limit_key();
  const auto found = per_address_.find(key);
  if ((found == per_address_.end() ? 0 : found->second) >= settings_.per_address)
    return tl::unexpected(telemetry::Limit::kConnectionsPerAddress);
  ++per_address_[key];
  return Place(shared_from_this(), Place::Of::kAddress, std::move(key));
}

std::size_t ConnectionLimits::open() const {
  const std::scoped_lock lock(mutex_);
  return total_;
}

ConnectionLimits::Busiest ConnectionLimits::busiest() const {
  const std::scoped_lock lock(mutex_);
  Busiest busiest{{}, 0, exempt_, settings_.per_address};
  for (const auto& [address, connections] : per_address_) {
    busiest.all += connections;
    if (connections <= busiest.connections) continue;
    busiest.address = address;
    busiest.connections = connections;
  }
  return busiest;
}

void ConnectionLimits::change(Settings settings) {
  const std::scoped_lock lock(mutex_);
  settings_ = std::move(settings);
}

void ConnectionLimits::give_back(Place::Of of, const std::string& key) {
  const std::scoped_lock lock(mutex_);
  switch (of) {
    case Place::Of::kTotal:
      --total_;
      return;
    case Place::Of::kExempt:
      --exempt_;
      return;
    case Place::Of::kAddress:
      break;
  }
  const auto found = per_address_.find(key);
  if (--found->second == 0) per_address_.erase(found);
}

}  // namespace portcullis::relay
