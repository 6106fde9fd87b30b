#include "proxy/setup/prosody_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "policy/reasons/reason.h"
#include "proxy/setup/guide.h"
#include "proxy/setup/text_lines.h"

namespace portcullis::setup {
namespace {

constexpr auto kKind = policy::BackendKind::kProsody;
constexpr std::string_view kBegin = "-- Portcullis: begin";
constexpr std::string_view kHeader = "-- Portcullis, mode \"";
constexpr char kVirtualHost[] = "VirtualHost ";
constexpr std::string_view kEnd = "-- Portcullis: end";

std::string in_lua(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) quoted += c;
  }
  return quoted + "\"";
}

// The name of the setting that a line gives; "" for any other line.
std::string setting_of(const std::string& line) {
  const auto end = line.find(" = ");
  if (end == std::string::npos || line.substr(0, 2) == "--") return {};
  return line.substr(0, end);
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? " " : "; ") + in_lua(name);
  return "{" + list + " }";
}

// What the operator has switched off stays off, but for dialback, which goes by the mode.
std::string disabled_line(const Plan& plan, const ProsodyFacts& facts) {
  std::vector<std::string> names;
  for (const auto& name : facts.modules_disabled)
    if (name != "dialback") names.push_back(name);
  const bool was_off = names.size() != facts.modules_disabled.size();
  if (plan.mode == Mode::kEnforce)
    names.emplace_back("dialback");
  else if (!was_off)
    return {};
  return "modules_disabled = " + list_of(names) + "\n";
}

bool uses(const ProsodyFacts& facts, std::string_view what) {
  const auto begins = [&](const std::string& name) { return name.starts_with(what); };
  return std::any_of(facts.modules.begin(), facts.modules.end(), begins) ||
         std::any_of(facts.component_modules.begin(), facts.component_modules.end(), begins);
}

bool uses_web(const ProsodyFacts& facts) {
  constexpr std::array kWeb{"http",       "bosh",         "websocket",
                            "conversejs", "invites_page", "register_web"};
  return std::any_of(kWeb.begin(), kWeb.end(),
                     [&](const char* module) { return uses(facts, module); });
}

// Where services beside XMPP's own listened before "interfaces" was narrowed. A literal that is not
// a plain list of addresses is left alone.
std::string kept_interfaces(const ProsodyFacts& facts, const std::string& key) {
  if (facts.settings.contains(key)) return {};
  const auto all = facts.settings.find("interfaces");
  const std::string was = all == facts.settings.end() ? R"({ "*", "::" })" : all->second;
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:*\"{}, %_-";
  if (was.find_first_not_of(kPlain) != std::string::npos) return {};
  return key + " = " + was + "\n";
}

std::string kept_services(const ProsodyFacts& facts) {
  std::string lines;
  if (uses_web(facts)) lines += kept_interfaces(facts, "https_interfaces");
  if (uses(facts, "proxy65")) lines += kept_interfaces(facts, "proxy65_interfaces");
  return lines.empty()
             ? ""
             : "\n-- These listen where they did before: they are not behind Portcullis.\n" + lines;
}

std::string closed_ports(const ProsodyFacts& facts) {
  std::string lines;
  for (const auto* key : {"c2s_direct_tls_ports", "legacy_ssl_ports", "s2s_direct_tls_ports"})
    if (facts.settings.contains(key)) lines += std::string(key) + " = { }\n";
  // mod_net_multiplex takes clients and servers on ports of its own.
  for (const auto* key : {"ports", "ssl_ports"})
    if (uses(facts, "net_multiplex") && facts.settings.contains(key))
      lines += std::string(key) + " = { }\n";
  return lines.empty()
             ? ""
             : "\n-- Direct TLS ends at Portcullis, and nobody comes past it on other ports.\n" +
                   lines;
}

std::string guide_lines(const Plan& plan, const ProsodyFacts& facts) {
  const auto observe = guide_block(kKind, "observe.cfg.lua");
  std::set<std::string> lenient;
  for (const auto& line : lines_of(observe)) lenient.insert(setting_of(line));
  std::string text;
  for (const auto& line : lines_of(guide_block(kKind, "prosody.cfg.lua"))) {
    const auto name = setting_of(line);
    if (name == "modules_disabled") {
      text += disabled_line(plan, facts);
    } else if (plan.mode == Mode::kObserve && line.starts_with("-- Server to server")) {
      text +=
          "-- Server to server, while Portcullis only observes: what it lets through is taken.\n";
    } else if (plan.mode == Mode::kObserve && name == "s2s_secure_auth") {
      text += observe;
    } else if (plan.mode == Mode::kEnforce || name.empty() || !lenient.contains(name)) {
      text += line + "\n";
    }
  }
  const auto own = plan.certificate.empty()
                       ? std::string("capath = false }")
                       : fmt::format("capath = false;\n  certificate = {}; key = {} }}",
                                     in_lua(plan.certificate), in_lua(plan.key));
  return replaced(text,
                  {{"/var/lib/portcullis/local-ca", plan.local_ca}, {"capath = false }", own}});
}

}  // namespace

std::string prosody_lines(const Plan& plan, const ProsodyFacts& facts) {
  std::string text = fmt::format(
      "{}{}\". Written by \"portcullis setup\": run it again to change this "
      "file.\n"
      "-- /usr/share/doc/portcullis/backends/prosody.md says why each line is there.\n\n",
      kHeader, plan.mode == Mode::kObserve ? "observe" : "enforce");
  text += guide_lines(plan, facts) + closed_ports(facts) + kept_services(facts);
  std::string hosts;
  for (const auto& host : facts.added_hosts) hosts += kVirtualHost + in_lua(host) + "\n";
  for (const auto& host : plan.hosts)
    if (host.is_new) hosts += kVirtualHost + in_lua(host.domain) + "\n";
  if (!hosts.empty()) text += "\n-- Not in your configuration yet:\n" + hosts;
  return text;
}

bool is_prosody_file_of_ours(const std::string& text) {
  return text.starts_with(kHeader);
}

std::vector<std::string> hosts_added_by(const std::string& text) {
  std::vector<std::string> hosts;
  const auto begin = std::string(kVirtualHost) + "\"";
  for (const auto& line : lines_of(text))
    if (line.starts_with(begin) && line.ends_with('"') && line.size() > begin.size() + 1 &&
        line.find('\\') == std::string::npos && hosts.size() < kMostNames)
      hosts.push_back(line.substr(begin.size(), line.size() - begin.size() - 1));
  return hosts;
}

std::string without_include(const std::string& text) {
  const auto begin = text.find("\n" + std::string(kBegin));
  if (begin == std::string::npos) return text;
  const auto end = text.find(kEnd, begin);
  if (end == std::string::npos) return text;
  const auto rest = text.find('\n', end);
  return text.substr(0, begin) + (rest == std::string::npos ? "" : text.substr(rest + 1));
}

std::string with_include(const std::string& text, const std::string& file) {
  return without_include(text) + "\n" + std::string(kBegin) + "\nInclude " + in_lua(file) + "\n" +
         std::string(kEnd) + "\n";
}

std::vector<std::string> prosody_notes(const ProsodyFacts& facts) {
  std::vector<std::string> notes;
  if (!facts.has_unbound)
    notes.emplace_back(
        "lua-unbound is not there, so Prosody cannot be told to find other servers at the gate: "
        "apt install lua-unbound");
  if (uses_web(facts))
    notes.emplace_back(
        "Prosody's web ports (BOSH, WebSocket, uploads) stay as they are: what comes there does "
        "not "
        "pass the gate");
  return notes;
}

std::vector<std::string> observe_notes(const ProsodyFacts& facts) {
  std::vector<std::string> notes;
  for (const auto& one : facts.strict)
    notes.push_back(policy::printable(one, 300) +
                    ": so Prosody refuses some servers although Portcullis only observes");
  return notes;
}

std::vector<std::string> lost_texts(const std::vector<LostSetting>& lost) {
  std::vector<std::string> texts;
  for (const auto& one : lost) {
    std::string places;
    for (const auto& place : one.places)
      places += (places.empty() ? "" : ", ") + policy::printable(place);
    texts.push_back(
        fmt::format("{} has {} = {}{}, which wins over the line of setup: take it out",
                    one.host.empty() ? std::string("another file") : policy::printable(one.host),
                    policy::printable(one.key), policy::printable(one.value, 100),
                    places.empty() ? "" : " (look at " + places + ")"));
  }
  return texts;
}

}  // namespace portcullis::setup
