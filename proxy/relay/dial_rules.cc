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

// What the backend's resolver answers for every domain.
constexpr const char* kLeadsBack =
    ", the one for the backend: DNS leads back to this gate. If that is so for every domain, the "
    "gate asks the resolver that is meant for the backend: name one that knows the Internet in "
    "servers of [dns]";

DialRules::WhyNot why_not_ours(net::Whose whose, const char* what) {
  switch (whose) {
    case net::Whose::kOthers:
      return std::nullopt;
    case net::Whose::kUnknown:
      return "perhaps one of this machine, which cannot be found out: descriptors or memory have "
             "run out";
    case net::Whose::kOurs:
      return what;
  }
  return std::nullopt;
}

}  // namespace

Result<DialRules> DialRules::of(const policy::Config& config, WhoseAddress whose) {
  DialRules rules(std::move(whose));
  for (const auto& spec : listeners_of(config))
    if (const auto address = net::SocketAddress::from(spec.endpoint))
      rules.listeners_.push_back(*address);
  auto others = config.dns_listeners();
  if (config.listen.admin) others.push_back(*config.listen.admin);
  for (const auto& endpoint : others)
    if (const auto address = net::SocketAddress::from(endpoint))
      rules.listeners_.push_back(*address);
  for (const auto& endpoint : config.outbound.listen)
    if (const auto address = net::SocketAddress::from(endpoint))
      rules.outbound_.push_back(*address);
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

net::Whose DialRules::whose_listener(const net::SocketAddress& address) const {
  auto answer = net::Whose::kOthers;
  for (const auto& own : listeners_) {
    if (own.port() != address.port()) continue;
    if (own == address) return net::Whose::kOurs;
    if (is_any(own) && takes(own, address)) answer = std::max(answer, whose_(address));
  }
  return answer;
}

// A backend on this machine may listen on all of its addresses, whatever the one is that we use.
net::Whose DialRules::whose_backend(const std::vector<net::SocketAddress>& backends,
                                    const net::SocketAddress& address) const {
  auto answer = net::Whose::kOthers;
  for (const auto& backend : backends) {
    if (backend.port() != address.port()) continue;
    if (backend == address) return net::Whose::kOurs;
    const auto whose = whose_(backend);
    if (whose != net::Whose::kOthers) answer = std::max(answer, std::min(whose, whose_(address)));
  }
  return answer;
}

DialRules::WhyNot DialRules::why_not_peer(const net::SocketAddress& address,
                                          const NamedBackends& named) const {
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
                                            const NamedBackends& named) const {
  const auto special = net::special_use(address);
  if (special && special->never_a_host) return std::string(special->name);
  if (auto why = why_not_ours(whose_listener(address), "a listener of this gate"))
    return *why + (std::find(outbound_.begin(), outbound_.end(), address) != outbound_.end()
                       ? kLeadsBack
                       : "");
  const auto whose =
      std::max(whose_backend(backends_, address), whose_backend(named.addresses, address));
  if (auto why = why_not_ours(whose, "where a backend of this gate listens")) return why;
  for (const auto& backend : named.unknown)
    if (backend.port == address.port())
      return "perhaps where the backend " + backend.text() +
             " listens, whose name cannot be looked up at this moment";
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
    if (const auto why = why_not_ours(whose_listener(reading), "a listener of this gate"))
      return address.text() + " is " + *why;
  return std::nullopt;
}

}  // namespace portcullis::relay
