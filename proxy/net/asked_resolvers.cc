#include "proxy/net/asked_resolvers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <utility>

#include "proxy/net/socket_address.h"

namespace portcullis::net {
namespace {

constexpr std::uint16_t kDnsPort = 53;  // resolv.conf(5) knows no other
constexpr std::size_t kMostNamed = 3;   // as many as the C library asks

// An address as it is written everywhere; empty if the text is none.
std::string normal(const std::string& host) {
  const auto address = SocketAddress::from(Endpoint{host, kDnsPort});
  return address ? address->text() : std::string();
}

std::string list_of(const std::vector<std::string>& addresses) {
  std::string text = addresses.size() == 1 ? "the resolver asked is " : "the resolvers asked are ";
  for (std::size_t i = 0; i < addresses.size() && i < kMostNamed; ++i)
    text += (i == 0 ? "" : ", ") + addresses[i];
  if (addresses.size() > kMostNamed)
    text += " and " + std::to_string(addresses.size() - kMostNamed) + " more";
  return text;
}

}  // namespace

// Of each line `nameserver ADDRESS`: no blank need stand between the two, and anything may stand
// behind the address.
std::vector<std::string> nameservers(std::string_view resolv_conf) {
  constexpr std::string_view kKeyword = "nameserver";
  constexpr std::string_view kBlank = " \t";
  std::vector<std::string> found;
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find_first_not_of(kBlank);
    if (first == std::string::npos || line.compare(first, kKeyword.size(), kKeyword) != 0) continue;
    const auto at = line.find_first_not_of(kBlank, first + kKeyword.size());
    if (at == std::string::npos) continue;
    const auto end = std::min(line.find_first_not_of("0123456789abcdefABCDEF.:", at), line.size());
    if (auto address = normal(line.substr(at, end - at)); !address.empty())
      found.push_back(std::move(address));
  }
  return found;
}

std::string asked_resolvers(const std::vector<Endpoint>& servers, std::string_view resolv_conf) {
  std::vector<std::string> addresses;
  addresses.reserve(servers.size());
  for (const auto& server : servers) addresses.push_back(server.text());
  if (!addresses.empty()) return list_of(addresses) + ", by servers of [dns]";
  addresses = nameservers(resolv_conf);
  const std::string file(kResolvConf);
  if (addresses.empty())
    return "servers of [dns] is empty and " + file +
           " names no resolver, so 127.0.0.1:53 is asked; name one in servers of [dns]";
  return list_of(addresses) + ", by " + file +
         " as it was at the start, for servers of [dns] is "
         "empty";
}

std::string asked_resolvers(const std::vector<Endpoint>& servers) {
  if (!servers.empty()) return asked_resolvers(servers, {});
  std::array<char, std::size_t{16} * 1024> text{};
  std::ifstream file(kResolvConf, std::ios::binary);
  file.read(text.data(), text.size());
  const auto size = static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0));
  return asked_resolvers(servers, std::string_view(text.data(), size));
}

}  // namespace portcullis::net
