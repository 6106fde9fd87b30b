#include "proxy/app/system_resolver.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "proxy/net/asked_resolvers.h"
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
  auto asked = net::nameservers(resolv_conf);
  const bool names_one = !asked.empty();
  if (!names_one) asked.push_back(normal("127.0.0.1"));  // what libunbound asks then
  for (const auto& own : config.dns_listeners()) {
    if (own.port != kDnsPort) continue;
    if (std::find(asked.begin(), asked.end(), normal(own.host)) == asked.end()) continue;
    return {
        about_capture(config, Severity::kError,
                      "\"" + own.text() +
                          "\" of outbound.dns is where we ask ourselves, because dns.servers is "
                          "empty and " +
                          net::kResolvConf + (names_one ? " names it" : " names no resolver") +
                          ": every server of others that is looked for would be found here; "
                          "name a resolver that knows the Internet in servers of [dns]")};
  }
  if (names_one) return {};
  return {{Severity::kWarning, net::kResolvConf, 0, 0,
           "names no resolver, and dns.servers is empty, so 127.0.0.1 is asked, and other servers "
           "may not be found; name a resolver in servers of [dns], or here"}};
}

}  // namespace portcullis::app
