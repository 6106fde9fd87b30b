#include "proxy/base/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace portcullis {
namespace {

bool is_graphic(char c) {
  return c > ' ' && c < 0x7f;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail("\"" + std::string(text) + "\" is no address: " + std::string(why) +
                "; write \"127.0.0.1:5269\", \"[::1]:5269\" or \"name:5269\"");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("the port is missing");
  const auto port_text = text.substr(colon + 1);
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad("the host is missing");
  if (std::any_of(host.begin(), host.end(), [](char c) { return !is_graphic(c); }))
    return bad("the host has a character that no host has");
  if (!bracketed && host.find(':') != std::string_view::npos)
    return bad("an IPv6 address needs brackets");

  std::uint16_t port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto [rest, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc{} || rest != end || port == 0) return bad("the port is not 1 to 65535");
  Endpoint endpoint{std::string(host), port};
  if (bracketed && !endpoint.is_ip_literal()) return bad("brackets are for IPv6 addresses");
  return endpoint;
}

std::string Endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Endpoint::is_ip_literal() const {
  in6_addr buffer{};
  return inet_pton(AF_INET, host.c_str(), &buffer) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &buffer) == 1;
}

}  // namespace portcullis
