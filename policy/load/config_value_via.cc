#include "policy/load/config_address.h"
#include "policy/load/config_list.h"
#include "policy/load/config_value.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

// Half a sentence, empty if nothing is wrong.
std::string why_no_proxy(std::string_view text, Endpoint& proxy) {
  if (!text.starts_with(kSocksScheme)) return "does not begin with \"socks5://\"";
  text.remove_prefix(kSocksScheme.size());
  if (text.find('@') != std::string_view::npos)
    return "names a user; the gate logs in to the proxy by the name of the remote domain, if at "
           "all";
  auto endpoint = Endpoint::parse(text);
  if (!endpoint) return "names no address with a port";
  if (!endpoint->is_ip_literal()) return "names the proxy by a name, not by an IP address";
  if (is_wildcard(endpoint->host)) return "names every address of this machine, not one";
  proxy = *std::move(endpoint);
  return {};
}

}  // namespace

void read_via(const Value& value, std::optional<Endpoint>& target) {
  const auto* text = string_of(value, "a string such as \"socks5://127.0.0.1:9050\"");
  if (text == nullptr) return;
  Endpoint proxy;
  const auto why = why_no_proxy(*text, proxy);
  if (why.empty())
    target = std::move(proxy);
  else
    value.error("\"" + printable(*text, 100) + "\" " + why +
                "; write \"socks5://127.0.0.1:9050\" or \"socks5://[::1]:9050\"");
}

}  // namespace portcullis::policy
