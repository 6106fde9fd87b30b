#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <utility>

#include "policy/load/config_list.h"
#include "policy/model/special_name.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text, 100) + "\"";
}

// Less strict than DomainName: in container networks hosts have names such as "xmpp_backend".
bool is_host_name(std::string_view host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return host.size() <= 253 && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

// At which such an address is reached, by the name of its key.
std::string_view usual_port(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPorts{
      {{"dns", "53"},
       {"admin", "9270"},
       {"c2s_direct", "5223"},
       {"c2s", "5222"},
       {"s2s_direct", "5270"},
       {"s2s", "5269"}}};
  for (const auto& [word, port] : kPorts)
    if (path.find(word) != std::string_view::npos) return port;
  return "5269";
}

std::optional<Endpoint> endpoint_of(const Value& value, EndpointUse use) {
  const auto* text = string_of(value, "a string such as \"127.0.0.1:5269\"");
  if (text == nullptr) return std::nullopt;
  if (text->find('\0') != std::string::npos) {
    value.error("contains a NUL character; remove it");
    return std::nullopt;
  }
  if (!text->empty() && text->find(':') == std::string::npos) {
    const auto with_port = *text + ":" + std::string(usual_port(value.path));
    value.error(in_quotes(*text) + " has no port; write " + in_quotes(with_port));
    return std::nullopt;
  }
  auto endpoint = Endpoint::parse(*text);
  if (!endpoint) {
    value.error(printable(endpoint.error().message));
    return std::nullopt;
  }
  if (use == EndpointUse::kAddress && !endpoint->is_ip_literal()) {
    value.error("must be an IP address with a port, not a name: " + in_quotes(*text));
    return std::nullopt;
  }
  if (!is_host_name(endpoint->host) && !endpoint->is_ip_literal()) {
    value.error(in_quotes(*text) + " holds neither an IP address nor a host name");
    return std::nullopt;
  }
  return *endpoint;
}

// "*.onion" is a pattern for all onion services, so "onion" alone is let through.
std::optional<DomainName> domain_of(const Value& value, std::string_view text) {
  // Of [[host]] the spelling matters, elsewhere only which domain it is.
  auto domain = DomainName::parse_as_spelled(text);
  if (!domain) {
    value.error(in_quotes(text) + " " + domain.error().message);
    return std::nullopt;
  }
  const auto why = domain->a_label() == "onion" ? std::string_view() : why_no_onion(*domain);
  if (!why.empty()) {
    value.error(in_quotes(domain->a_label()) + " is no onion service: " + std::string(why));
    return std::nullopt;
  }
  return *domain;
}

std::optional<DomainName> domain_of(const Value& value) {
  const auto* text = string_of(value, "a string with a domain name");
  if (text == nullptr) return std::nullopt;
  return domain_of(value, *text);
}

std::optional<std::string> pattern_of(const Value& value) {
  const auto* text = string_of(value, R"(a string with a domain name or "*.suffix")");
  if (text == nullptr) return std::nullopt;
  if (*text == "*") {
    value.error(R"("*" is every domain; set federation.default instead)");
    return std::nullopt;
  }
  const std::string_view prefix = text->starts_with("*.") ? "*." : "";
  const auto rest = std::string_view(*text).substr(prefix.size());
  if (rest.find('*') != std::string_view::npos) {
    value.error(in_quotes(*text) + R"( is no pattern: "*" may stand only in front, as "*.suffix")");
    return std::nullopt;
  }
  const auto domain = domain_of(value, rest);
  if (!domain) return std::nullopt;
  return std::string(prefix) + domain->a_label();
}

bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string address(text.substr(0, slash));
  if (address.find('\0') != std::string::npos) return false;
  in6_addr buffer{};
  const bool v4 = inet_pton(AF_INET, address.c_str(), &buffer) == 1;
  if (!v4 && inet_pton(AF_INET6, address.c_str(), &buffer) != 1) return false;
  const auto bits_text = text.substr(slash + 1);
  unsigned bits = 0;
  const char* const end = bits_text.data() + bits_text.size();
  const auto [rest, status] = std::from_chars(bits_text.data(), end, bits);
  return status == std::errc{} && rest == end && bits <= (v4 ? 32U : 128U);
}

std::optional<std::string> network_of(const Value& value) {
  const auto* text = string_of(value, "a string such as \"10.0.0.0/8\"");
  if (text == nullptr) return std::nullopt;
  if (is_network(*text)) return *text;
  value.error(in_quotes(*text) + R"( is no CIDR block; write "10.0.0.0/8" or "2001:db8::/32")");
  return std::nullopt;
}

}  // namespace

void read_endpoint(const Value& value, std::optional<Endpoint>& target, EndpointUse use) {
  if (auto endpoint = endpoint_of(value, use)) target = std::move(endpoint);
}

void read_host_name(const Value& value, std::string& target) {
  const auto* text = string_of(value, "a string with an address or a host name");
  if (text == nullptr) return;
  std::string_view host = *text;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool is_address =
      host.find('\0') == std::string_view::npos && Endpoint{std::string(host), 0}.is_ip_literal();
  if (!host.empty() && (is_address || is_host_name(host))) {
    target = host;
    return;
  }
  value.error(in_quotes(*text) +
              " is neither an IP address nor a host name; a port belongs into s2s and c2s");
}

void read_endpoints(const Value& value, std::vector<Endpoint>& target, EndpointUse use) {
  read_list(value, "addresses with ports", target,
            [use](const Value& element) { return endpoint_of(element, use); });
}

void read_domain(const Value& value, std::optional<DomainName>& target) {
  if (auto domain = domain_of(value)) target = std::move(domain);
}

void read_domains(const Value& value, std::vector<DomainName>& target) {
  read_list(value, "domain names", target, [](const Value& element) { return domain_of(element); });
}

void read_patterns(const Value& value, std::vector<std::string>& target) {
  read_list(value, R"(domain names or "*.suffix")", target, pattern_of);
}

void read_networks(const Value& value, std::vector<std::string>& target) {
  read_list(value, "CIDR blocks", target, network_of);
}

}  // namespace portcullis::policy
