#include "proxy/setup/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/load/toml_text.h"
#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"

namespace portcullis::setup {
namespace {

using policy::printable;

// Compared as domains, because either side may be written with A-labels.
bool is_same(const std::string& one, const std::string& other) {
  const auto a = DomainName::parse(one);
  const auto b = DomainName::parse(other);
  return a && b && *a == *b;
}

// As packages have it before anybody has named a domain.
bool is_placeholder(const std::string& host) {
  return host == "localhost" || host == "localhost.localdomain";
}

bool is_below(const std::string& name, const std::string& domain) {
  return name.size() > domain.size() + 1 && name.ends_with("." + domain);
}

bool holds(const std::vector<PlannedHost>& hosts, const std::string& name) {
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const PlannedHost& host) { return is_same(host.domain, name); });
}

Result<std::vector<PlannedHost>> named_hosts(const ServerFacts& facts,
                                             const std::vector<std::string>& domains) {
  std::vector<PlannedHost> hosts;
  for (const auto& domain : domains) {
    if (const auto parsed = DomainName::parse(domain); !parsed)
      return fail("--domain " + printable(domain) + ": " + parsed.error().message);
    if (holds(hosts, domain)) continue;
    const auto known = std::find_if(facts.hosts.begin(), facts.hosts.end(),
                                    [&](const auto& host) { return is_same(host, domain); });
    const bool is_new = known == facts.hosts.end();
    hosts.push_back({is_new ? domain : *known, {}, is_new});
  }
  return hosts;
}

std::vector<PlannedHost> all_hosts(const ServerFacts& facts) {
  std::vector<PlannedHost> hosts;
  for (const auto& host : facts.hosts)
    if (!is_placeholder(host) && DomainName::parse(host)) hosts.push_back({host, {}, false});
  return hosts;
}

PlannedHost* home_of(std::vector<PlannedHost>& hosts, const std::string& component) {
  PlannedHost* best = nullptr;
  for (auto& host : hosts)
    if (is_below(component, host.domain) &&
        (best == nullptr || host.domain.size() > best->domain.size()))
      best = &host;
  return best;
}

bool is_left_out(const std::string& name, const std::vector<PlannedHost>& hosts,
                 const ServerFacts& facts) {
  return std::any_of(facts.hosts.begin(), facts.hosts.end(),
                     [&](const auto& host) { return is_below(name, host) && !holds(hosts, host); });
}

void place_components(const ServerFacts& facts, std::vector<PlannedHost>& hosts,
                      std::vector<std::string>& notes) {
  for (const auto& component : facts.components) {
    if (!DomainName::parse(component)) {
      notes.push_back(
          fmt::format("{} is no domain name, so the gate does not serve it", printable(component)));
      continue;
    }
    auto* home = home_of(hosts, component);
    if (home == nullptr && is_left_out(component, hosts, facts)) continue;
    if (home == nullptr) home = &hosts.front();
    home->aliases.push_back(component);
  }
}

// A text for portcullis.toml, where "$" begins a variable.
std::string in_toml(const std::string& text) {
  std::string doubled;
  for (const char c : text) doubled += c == '$' ? std::string("$$") : std::string(1, c);
  return policy::toml_string(doubled);
}

std::string ends(const PlannedHost& host) {
  std::string list;
  for (const auto& alias : host.aliases) list += (list.empty() ? "" : ", ") + in_toml(alias);
  return "[" + list + "]";
}

}  // namespace

Result<std::vector<PlannedHost>> choose_hosts(const ServerFacts& facts,
                                              const std::vector<std::string>& domains,
                                              std::vector<std::string>& notes) {
  auto chosen = domains.empty() ? Result<std::vector<PlannedHost>>(all_hosts(facts))
                                : named_hosts(facts, domains);
  if (!chosen) return chosen;
  if (chosen->empty())
    return fail(
        "your server has no domain of its own yet (only localhost, or none that can be read): name "
        "it with --domain");
  for (const auto& host : *chosen)
    if (host.is_new)
      notes.push_back(
          fmt::format("your server does not have {} yet, as far as its configuration "
                      "says; check how it is written, or go on to add it",
                      printable(host.domain)));
  for (const auto& host : facts.hosts)
    if (!is_placeholder(host) && !holds(*chosen, host))
      notes.push_back(
          fmt::format("your server serves {0}, too, and its ports move behind the gate for all of "
                      "its domains: name it as well, --domain {0}, or it is cut off",
                      printable(host)));
  place_components(facts, *chosen, notes);
  return chosen;
}

std::vector<std::string> all_names(const Plan& plan) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const auto& host : plan.hosts) add(host.domain);
  for (const auto& host : plan.hosts)
    for (const auto& alias : host.aliases) add(alias);
  return names;
}

std::string gate_file(const Plan& plan) {
  const auto& kind = policy::info(plan.kind);
  std::string text = fmt::format(
      "# Portcullis in front of {}, as \"portcullis setup\" wrote it. \"man portcullis.toml\" "
      "explains\n"
      "# every key. After a change: portcullis check && systemctl reload portcullis\n\n",
      kind.title);
  if (!plan.mode_elsewhere)
    text += fmt::format(
        "[policy]\n"
        "# \"observe\" refuses nobody, and reports who would be refused (portcullis report);\n"
        "# \"enforce\" refuses what does not meet the policy.\n"
        "mode = \"{}\"\n",
        plan.mode == Mode::kObserve ? "observe" : "enforce");
  if (plan.kind != policy::BackendKind::kOpenfire)
    text += fmt::format(
        "\n[outbound]\n"
        "capture = \"dns\"      # answers what {} looks up at 127.0.0.3, port 5353\n",
        plan.kind == policy::BackendKind::kOther ? "your server" : kind.title);
  if (!plan.default_places && plan.kind != policy::BackendKind::kJabberd2)
    text += fmt::format("\n[local_ca]\ndirectory = {}\n", in_toml(plan.local_ca));
  for (const auto& host : plan.hosts) {
    text += fmt::format("\n[[host]]\ndomain = {}\n", in_toml(host.domain));
    if (!host.aliases.empty())
      text += fmt::format("aliases = {}   # services of that server\n", ends(host));
    const auto& certificates = plan.acme_dir.empty() ? plan.certificates : plan.acme_dir;
    if (!certificates.empty() && (!plan.default_places || !plan.acme_dir.empty()))
      text += fmt::format("acme_dir = {}   # its certificates\n", in_toml(certificates));
    text += fmt::format("[host.backend]\nkind = \"{}\"\n", kind.name);
    if (!plan.default_places && plan.kind != policy::BackendKind::kJabberd2)
      text += fmt::format("certificate = {}   # what that server shows\n", in_toml(plan.pins));
    if (plan.kind == policy::BackendKind::kEjabberd)
      text += "c2s_proxy_protocol = \"v2\"   # it sees the address of each client\n";
    text += plan.shared_machine
                ? "# Others have accounts on this machine: \"portcullis check\" warns that "
                  "passwords go "
                  "to your\n# server in the clear. c2s_tls in its guide ends that.\n"
                : "allow_clear_c2s = true   # nobody else has an account on this machine\n";
  }
  return text;
}

}  // namespace portcullis::setup
