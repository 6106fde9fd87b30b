#include "policy/model/neighbours.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace portcullis::policy {
namespace {

std::string name_of(std::string host) {
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!host.empty() && host.back() == '.') host.pop_back();
  return host;
}

std::string written(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, address, text.data(), text.size());
}

// The host in one spelling, with one word for this machine.
std::string one_spelling(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  std::string spelled;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1)
    spelled = written(AF_INET, &v4);
  else if (inet_pton(AF_INET6, host.c_str(), &v6) != 1)
    spelled = name_of(host);
  else if (IN6_IS_ADDR_V4MAPPED(&v6))
    spelled = written(AF_INET, &v6.s6_addr[12]);
  else
    spelled = written(AF_INET6, &v6);
  return spelled == "127.0.0.1" || spelled == "::1" ? "localhost" : spelled;
}

bool can_be_connected(const Host& host) {
  return host.backend.s2s && host.backend.s2s_auth == BackendAuth::kTls;
}

}  // namespace

bool is_one_server(const Endpoint& one, const Endpoint& other) {
  return one.port == other.port && one_spelling(one.host) == one_spelling(other.host);
}

std::optional<std::size_t> program_of(const Config& config, const Host& host) {
  if (config.outbound.listen.empty() || !can_be_connected(host)) return std::nullopt;
  const auto first = std::find_if(config.hosts.begin(), config.hosts.end(), [&](const Host& one) {
    return can_be_connected(one) && is_one_server(*one.backend.s2s, *host.backend.s2s);
  });
  return static_cast<std::size_t>(first - config.hosts.begin());
}

bool are_connected(const Config& config, const DomainName& local, const DomainName& remote) {
  const auto* const here = config.host_for(local);
  const auto* const there = config.host_for(remote);
  if (here == nullptr || there == nullptr || here == there) return false;
  const auto program = program_of(config, *here);
  const auto other = program_of(config, *there);
  return program && other && *program != *other;
}

}  // namespace portcullis::policy
