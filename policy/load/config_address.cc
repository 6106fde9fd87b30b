#include "policy/load/config_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

namespace portcullis::policy {
namespace {

constexpr std::uint8_t kLoopbackNet = 127;

std::optional<in6_addr> ipv6(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return std::nullopt;
  return address;
}

std::optional<std::uint32_t> ipv4(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

bool is_localhost_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // Names below it, and the one with a dot at its end, are asked for in DNS by many resolvers.
  return name == "localhost";
}

}  // namespace

bool is_loopback(const std::string& host) {
  if (const auto address = ipv4(host)) return *address >> 24U == kLoopbackNet;
  if (const auto address = ipv6(host))
    return IN6_IS_ADDR_LOOPBACK(&*address) ||
           (IN6_IS_ADDR_V4MAPPED(&*address) && address->s6_addr[12] == kLoopbackNet);
  return is_localhost_name(host);
}

bool is_wildcard(const std::string& host) {
  if (const auto address = ipv4(host)) return *address == INADDR_ANY;
  const auto address = ipv6(host);
  return address && IN6_IS_ADDR_UNSPECIFIED(&*address);
}

}  // namespace portcullis::policy
