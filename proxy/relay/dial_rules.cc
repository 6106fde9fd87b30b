#include "proxy/relay/dial_rules.h"

#include <algorithm>
#include <utility>

#include "proxy/net/special_addresses.h"
#include "proxy/relay/worker_takeover.h"

namespace portcullis::relay {
namespace {

bool is_any(const net::SocketAddress& listener) {
  return listener.host() == "::" || listener.host() == "0.0.0.0";
}

// A socket on [::] takes connections by IPv4, too; one on 0.0.0.0 takes no others.
bool takes(const net::SocketAddress& any, const net::SocketAddress& address) {
  return any.host() == "::" || !address.is_v6();
}

// What the address is, and what it stands for.
std::vector<net::SocketAddress> readings_of(const net::SocketAddress& address) {
  auto all = net::embedded_v4(address);
  all.insert(all.begin(), address);
  return all;
}

}  // namespace

Result<DialRules> DialRules::of(const policy::Config& config, IsLocal is_local) {
  DialRules rules(std::move(is_local));
  for (const auto& spec : listeners_of(config))
    if (const auto address = net::SocketAddress::from(spec.endpoint))
      rules.listeners_.push_back(*address);
  if (config.listen.admin)
    if (const auto address = net::SocketAddress::from(*config.listen.admin))
      rules.listeners_.push_back(*address);
  for (const auto& host : config.hosts) {
    for (const auto& endpoint : {host.backend.s2s, host.backend.c2s}) {
      if (!endpoint) continue;
      auto& named = rules.named_backends_;
      if (const auto address = net::SocketAddress::from(*endpoint))
        rules.backends_.push_back(*address);
      else if (std::find(named.begin(), named.end(), *endpoint) == named.end())
        named.push_back(*endpoint);
    }
  }
  // First those that refuse: of two equal blocks the first one decides.
  for (const bool allowed : {false, true}) {
    for (const auto& text :
         allowed ? config.outbound.allow_networks : config.outbound.refuse_networks) {
      const auto block = net::CidrBlock::parse(text);
      if (!block) return tl::unexpected(block.error());
      rules.networks_.push_back({*block, allowed});
    }
  }
  std::stable_sort(
      rules.networks_.begin(), rules.networks_.end(),
      [](const Network& a, const Network& b) { return a.block.bits() > b.block.bits(); });
  return rules;
}

std::vector<Endpoint> DialRules::named_backends(const std::vector<std::uint16_t>& ports) const {
  std::vector<Endpoint> found;
  for (const auto& endpoint : named_backends_)
    if (std::find(ports.begin(), ports.end(), endpoint.port) != ports.end())
      found.push_back(endpoint);
  return found;
}

bool DialRules::is_listener(const net::SocketAddress& address) const {
  return std::any_of(listeners_.begin(), listeners_.end(), [&](const net::SocketAddress& own) {
    if (own.port() != address.port()) return false;
    return own == address || (is_any(own) && takes(own, address) && is_local_(address));
  });
}

// A backend on this machine may listen on all of its addresses, whatever the one is that we use.
bool DialRules::is_one_of(const std::vector<net::SocketAddress>& backends,
                          const net::SocketAddress& address) const {
  return std::any_of(backends.begin(), backends.end(), [&](const net::SocketAddress& backend) {
    if (backend.port() != address.port()) return false;
    return backend == address || (is_local_(backend) && is_local_(address));
  });
}

DialRules::WhyNot DialRules::why_not_peer(const net::SocketAddress& address,
                                          const std::vector<net::SocketAddress>& named) const {
  for (const auto& reading : readings_of(address)) {
    auto why = why_not_itself(reading, named);
    if (!why) continue;
    const bool stands_for_it = !(reading == address);
    return address.text() +
           (stands_for_it ? " leads to " + reading.text() + ", which is " : " is ") + *why;
  }
  return std::nullopt;
}

DialRules::WhyNot DialRules::why_not_itself(const net::SocketAddress& address,
                                            const std::vector<net::SocketAddress>& named) const {
  const auto special = net::special_use(address);
  if (special && special->never_a_host) return std::string(special->name);
  if (is_listener(address)) return "a listener of this gate";
  if (is_one_of(backends_, address) || is_one_of(named, address))
    return "where a backend of this gate listens";
  const auto listed = std::find_if(networks_.begin(), networks_.end(),
                                   [&](const Network& one) { return one.block.contains(address); });
  if (listed != networks_.end()) {
    if (listed->allowed) return std::nullopt;
    return "in a network of outbound.refuse_networks";
  }
  if (!special) return std::nullopt;
  return std::string(special->name) + ", which only outbound.allow_networks can open";
}

DialRules::WhyNot DialRules::why_not_backend(const net::SocketAddress& address) const {
  for (const auto& reading : readings_of(address))
    if (is_listener(reading)) return address.text() + " is a listener of this gate";
  return std::nullopt;
}

}  // namespace portcullis::relay
