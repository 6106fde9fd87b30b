#include <arpa/inet.h>

#include <charconv>

#include "policy/config_value.h"
#include "policy/reason.h"

namespace portcullis::policy {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 100) + "\"";
}

// Reads every element of a list with `read_one(element) -> std::optional<T>`. An element's place
// is remembered under its index in `target`.
template <class T, class ReadOne>
void read_list(const Value& value, std::string_view of, std::vector<T>& target, ReadOne read_one) {
  const auto* list = value.node.as_array();
  if (list == nullptr) return value.wrong_type("a list of " + std::string(of));
  for (const auto& node : *list) {
    const Value element{node, value.path + "[" + std::to_string(target.size()) + "]",
                        value.findings};
    if (auto item = read_one(element)) {
      element.findings.remember(element.path, element.where());
      target.push_back(std::move(*item));
    }
  }
}

const std::string* string_of(const Value& value, std::string_view wanted) {
  if (const auto* text = value.node.as_string()) return &text->get();
  value.wrong_type(wanted);
  return nullptr;
}

// Looser than DomainName: container networks know hosts such as "xmpp_backend".
bool is_host_name(std::string_view host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return host.size() <= 253 && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<Endpoint> endpoint_of(const Value& value, EndpointUse use) {
  const auto* text = string_of(value, "a string such as \"127.0.0.1:5269\"");
  if (text == nullptr) return std::nullopt;
  if (text->find('\0') != std::string::npos) {
    value.error("contains a NUL character; remove it");
    return std::nullopt;
  }
  auto endpoint = Endpoint::parse(*text);
  if (!endpoint) {
    value.error(printable(endpoint.error().message));
    return std::nullopt;
  }
  if (use == EndpointUse::kAddress && !endpoint->is_ip_literal()) {
    value.error("must be an IP address with a port, not a name: " + quoted(*text));
    return std::nullopt;
  }
  if (!is_host_name(endpoint->host) && !endpoint->is_ip_literal()) {
    value.error(quoted(*text) + " holds neither an IP address nor a host name");
    return std::nullopt;
  }
  return *endpoint;
}

std::optional<DomainName> domain_of(const Value& value, std::string_view text) {
  auto domain = DomainName::parse(text);
  if (domain) return *domain;
  value.error(quoted(text) + " " + domain.error().message);
  return std::nullopt;
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
    value.error(quoted(*text) + R"( is no pattern: "*" may stand only in front, as "*.suffix")");
    return std::nullopt;
  }
  const auto domain = domain_of(value, rest);
  if (!domain) return std::nullopt;
  return std::string(prefix) + domain->text();
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
  value.error(quoted(*text) + R"( is no CIDR block; write "10.0.0.0/8" or "2001:db8::/32")");
  return std::nullopt;
}

}  // namespace

void read_endpoint(const Value& value, std::optional<Endpoint>& target, EndpointUse use) {
  if (auto endpoint = endpoint_of(value, use)) target = std::move(endpoint);
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
