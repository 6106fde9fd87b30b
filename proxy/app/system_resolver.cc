#include "proxy/app/system_resolver.h"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "proxy/net/socket_address.h"

namespace portcullis::app {
namespace {

using Severity = policy::Diagnostic::Severity;

constexpr std::uint16_t kDnsPort = 53;  // resolv.conf(5) knows no other

// An address as it is written everywhere; empty if the text is none.
std::string normal(const std::string& host) {
  const auto address = net::SocketAddress::from(Endpoint{host, kDnsPort});
  return address ? address->text() : std::string();
}

// Of each line `nameserver ADDRESS`.
std::vector<std::string> nameservers(std::string_view resolv_conf) {
  std::vector<std::string> found;
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    std::string host;
    if (words >> word >> host && word == "nameserver") found.push_back(normal(host));
  }
  return found;
}

policy::Diagnostic about_capture(const policy::Config& config, Severity severity,
                                 std::string message) {
  for (const auto* const path : {"outbound.dns", "outbound.capture", "outbound"})
    if (const auto at = config.lines.find(path); at != config.lines.end())
      return {severity, at->second.file, at->second.line, 0, std::move(message)};
  return {severity, config.file, 0, 0, std::move(message)};
}

}  // namespace

policy::Diagnostics check_system_resolver(const policy::Config& config,
                                          std::string_view resolv_conf) {
  if (!config.dns.servers.empty() || config.outbound.listen.empty()) return {};
  const auto asked = nameservers(resolv_conf);
  if (asked.empty())
    return {{Severity::kWarning, kResolvConf, 0, 0,
             "names no resolver, and dns.servers is empty, so other servers may not be found; name "
             "one in servers of [dns], such as \"127.0.0.1:53\", or here"}};
  for (const auto& own : config.dns_listeners()) {
    if (own.port != kDnsPort) continue;
    if (std::find(asked.begin(), asked.end(), normal(own.host)) == asked.end()) continue;
    return {about_capture(config, Severity::kError,
                          "\"" + own.text() + "\" of outbound.dns is what " + kResolvConf +
                              " names, where we ask ourselves because dns.servers is empty: every "
                              "server of others that is looked for would be found here; name a "
                              "resolver that knows the Internet in servers of [dns]")};
  }
  return {};
}

}  // namespace portcullis::app
