#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/load/config_address.h"
#include "policy/load/config_draft.h"
#include "policy/model/special_name.h"

// What rules say of proxies (`via`).
namespace portcullis::policy {
namespace {

bool may_be_onion(const std::string& pattern) {
  return pattern.ends_with(".onion");
}

class ViaChecker {
 public:
  ViaChecker(const Draft& draft, Findings& findings) : draft_(draft), findings_(findings) {}

  void run() {
    for (const auto& rule : draft_.config.s2s.rules) check(rule);
  }

 private:
  void check(const S2sRule& rule) {
    const std::string via = rule.path + ".via";
    if (findings_.faulty(via)) return;
    const auto& settings = rule.settings;
    if (!settings.via) {
      for (const std::string_view key : {"via_for", "via_port"}) check_idle(rule, key);
      return;
    }
    if (const auto own = own_listener(*settings.via))
      return findings_.error(findings_.place_of(via),
                             "\"" + settings.via->text() + "\" is our own, see " +
                                 std::string(*own) +
                                 ": no proxy answers there, and we never call ourselves; name the "
                                 "address of the proxy");
    if (!is_loopback(settings.via->host))
      findings_.warning(findings_.place_of(via),
                        "whoever reads the network on the way to \"" + settings.via->text() +
                            "\" sees which domains are called, because SOCKS is not encrypted; "
                            "run the proxy on this machine");
    if (settings.via_for == ViaFor::kAny) return check_names(rule);
    if (findings_.faulty(rule.path + ".match")) return;
    if (std::none_of(rule.match.begin(), rule.match.end(), &may_be_onion))
      findings_.warning(findings_.place_of(via),
                        "s2s.rule.via has no effect: no name in match is below .onion; set "
                        "via_for = \"any\" if these domains are to be called through the proxy");
  }

  void check_idle(const S2sRule& rule, std::string_view key) {
    const std::string path = rule.path + "." + std::string(key);
    if (!findings_.given(path) || findings_.faulty(path)) return;
    findings_.warning(findings_.place_of(path),
                      "s2s.rule." + std::string(key) + " has no effect without via");
  }

  // Which list of listeners has it. A wildcard takes what comes for loopback, too.
  std::optional<std::string_view> own_listener(const Endpoint& via) const {
    const auto& config = draft_.config;
    const auto admin =
        config.listen.admin ? std::vector<Endpoint>{*config.listen.admin} : std::vector<Endpoint>();
    const std::pair<std::string_view, std::vector<Endpoint>> lists[] = {
        {"listen.s2s", config.listen.s2s},
        {"listen.s2s_direct", config.listen.s2s_direct},
        {"listen.c2s", config.listen.c2s},
        {"listen.c2s_direct", config.listen.c2s_direct},
        {"listen.admin", admin},
        {"outbound.listen", config.outbound.listen},
        {"outbound.dns", config.dns_listeners()}};
    for (const auto& [name, list] : lists)
      if (std::any_of(list.begin(), list.end(), [&via](const Endpoint& own) {
            return own.port == via.port &&
                   (own.host == via.host || (is_wildcard(own.host) && is_loopback(via.host)));
          }))
        return name;
    return std::nullopt;
  }

  // A proxy would look them up, and could lead us back to ourselves.
  void check_names(const S2sRule& rule) {
    for (std::size_t i = 0; i < rule.match.size(); ++i) {
      const auto domain = DomainName::parse(rule.match[i]);  // of a pattern: an error
      if (!domain || !(is_localhost(*domain) || is_served(*domain))) continue;
      findings_.error(findings_.place_of(rule.path + ".match[" + std::to_string(i) + "]"),
                      "\"" + rule.match[i] + "\" is " +
                          (is_localhost(*domain) ? "this machine" : "a domain of this gate") +
                          " and is never called through a proxy; take it out of the rule with via");
    }
  }

  bool is_served(const DomainName& domain) const {
    return std::any_of(draft_.hosts.begin(), draft_.hosts.end(), [&](const HostDraft& host) {
      return host.domain == domain ||
             std::find(host.aliases.begin(), host.aliases.end(), domain) != host.aliases.end();
    });
  }

  const Draft& draft_;
  Findings& findings_;
};

}  // namespace

void check_via(const Draft& draft, Findings& findings) {
  ViaChecker(draft, findings).run();
}

}  // namespace portcullis::policy
