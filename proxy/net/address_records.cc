#include "proxy/net/address_records.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

namespace portcullis::net {
namespace {

std::optional<SocketAddress> v4_from(const std::string& rdata, std::uint16_t port) {
  sockaddr_in out{};
  if (rdata.size() != sizeof out.sin_addr) return std::nullopt;
  std::memcpy(&out.sin_addr, rdata.data(), rdata.size());
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&out));
}

std::optional<SocketAddress> v6_from(const std::string& rdata, std::uint16_t port) {
  sockaddr_in6 out{};
  if (rdata.size() != sizeof out.sin6_addr) return std::nullopt;
  std::memcpy(&out.sin6_addr, rdata.data(), rdata.size());
  out.sin6_family = AF_INET6;
  out.sin6_port = htons(port);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&out));
}

}  // namespace

std::vector<SocketAddress> addresses_from(const DnsAnswer& answer, DnsType type,
                                          std::uint16_t port) {
  std::vector<SocketAddress> out;
  for (const std::string& rdata : answer.rdata) {
    const auto address = type == DnsType::kAaaa ? v6_from(rdata, port) : v4_from(rdata, port);
    if (address) out.push_back(*address);
  }
  return out;
}

std::vector<SocketAddress> interleave(const std::vector<SocketAddress>& v6,
                                      const std::vector<SocketAddress>& v4) {
  std::vector<SocketAddress> out;
  for (std::size_t i = 0; i < std::max(v6.size(), v4.size()); ++i) {
    if (i < v6.size()) out.push_back(v6[i]);
    if (i < v4.size()) out.push_back(v4[i]);
  }
  return out;
}

}  // namespace portcullis::net
