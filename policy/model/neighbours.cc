#include "policy/model/neighbours.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace portcullis::policy {
namespace {

bool is_this_machine(const Endpoint& endpoint) {
  constexpr std::array<std::string_view, 3> words{"127.0.0.1", "::1", "localhost"};
  return std::find(words.begin(), words.end(), endpoint.host) != words.end();
}

}  // namespace

bool is_one_server(const Endpoint& one, const Endpoint& other) {
  return one == other || (one.port == other.port && is_this_machine(one) && is_this_machine(other));
}

std::optional<std::size_t> program_of(const Config& config, const Host& host) {
  if (!host.backend.s2s) return std::nullopt;
  const auto first = std::find_if(config.hosts.begin(), config.hosts.end(), [&](const Host& one) {
    return one.backend.s2s && is_one_server(*one.backend.s2s, *host.backend.s2s);
  });
  return static_cast<std::size_t>(first - config.hosts.begin());
}

bool are_connected(const Config& config, const DomainName& local, const DomainName& remote) {
  const auto* const here = config.host_for(local);
  const auto* const there = config.host_for(remote);
  if (here == nullptr || there == nullptr || here == there) return false;
  for (const auto* const host : {here, there})
    if (host->backend.s2s_auth == BackendAuth::kDialback) return false;
  const auto program = program_of(config, *here);
  const auto other = program_of(config, *there);
  return program && other && *program != *other;
}

}  // namespace portcullis::policy
