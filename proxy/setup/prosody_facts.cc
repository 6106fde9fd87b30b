#include "proxy/setup/prosody_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "policy/reasons/reason.h"

namespace portcullis::setup {
namespace {

using nlohmann::json;

constexpr std::size_t kMostText = 4'096;

std::string text_in(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string()) return {};
  return at->get_ref<const std::string&>().substr(0, kMostText);
}

std::vector<std::string> texts_in(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto at = object.find(key);
  if (at == object.end() || !at->is_array()) return texts;
  for (const auto& one : *at)
    if (one.is_string() && texts.size() < kMostNames)
      texts.push_back(one.get_ref<const std::string&>().substr(0, kMostText));
  return texts;
}

// "{ 5222, 5223 }" or "5222".
std::vector<std::uint16_t> ports_of(const ProsodyFacts& facts, std::string_view key,
                                    std::vector<std::uint16_t> otherwise) {
  const auto found = facts.settings.find(key);
  if (found == facts.settings.end()) return otherwise;
  std::vector<std::uint16_t> ports;
  const char* at = found->second.data();
  const char* const end = at + found->second.size();
  while (at != end) {
    std::uint16_t port = 0;
    const auto [rest, error] = std::from_chars(at, end, port);
    if (error == std::errc() && port != 0) ports.push_back(port);
    at = rest == at ? at + 1 : rest;
  }
  return ports;
}

void take_hosts(const json& answer, ProsodyFacts& facts) {
  const auto hosts = answer.find("hosts");
  if (hosts == answer.end() || !hosts->is_array()) return;
  for (const auto& host : *hosts) {
    if (!host.is_object()) continue;
    const auto name = text_in(host, "name");
    const auto module = text_in(host, "component");
    if (name.empty() || facts.server.hosts.size() + facts.server.components.size() >= kMostNames)
      continue;
    (module.empty() ? facts.server.hosts : facts.server.components).push_back(name);
    if (!module.empty()) facts.component_modules.push_back(module);
  }
}

void take_lost(const json& answer, ProsodyFacts& facts) {
  const auto lost = answer.find("lost");
  if (lost == answer.end() || !lost->is_array()) return;
  for (const auto& one : *lost)
    if (one.is_object() && facts.lost.size() < kMostNames)
      facts.lost.push_back({text_in(one, "key"), text_in(one, "host"), text_in(one, "value"),
                            texts_in(one, "places")});
}

void take_settings(const json& answer, ProsodyFacts& facts) {
  const auto settings = answer.find("settings");
  if (settings == answer.end() || !settings->is_object()) return;
  for (const auto& [key, value] : settings->items())
    if (value.is_string()) facts.settings[key] = value.get<std::string>().substr(0, kMostText);
}

std::string first_line(std::string_view text) {
  const auto begin = text.find_first_not_of(" \n\r\t");
  if (begin == std::string_view::npos) return "nothing";
  text.remove_prefix(begin);
  return "\"" + policy::printable(text.substr(0, text.find('\n')), 200) + "\"";
}

}  // namespace

std::string prosody_question(std::string_view mark, const std::string& source,
                             const std::string& main_file, const std::vector<PlannedFile>& files) {
  auto question = fmt::format("{}\n{}\n{}\n{}\n", mark, source, main_file, files.size());
  for (const auto& file : files)
    question += fmt::format("{}\n{}\n{}", file.path, file.text.size(), file.text);
  return question;
}

Result<ProsodyFacts> prosody_answer(std::string_view mark, std::string_view printed) {
  const auto at = printed.rfind("\n" + std::string(mark) + "{");
  if (at == std::string_view::npos)
    return fail("it ended without an answer; what it printed begins with " + first_line(printed));
  auto text = printed.substr(at + 1 + mark.size());
  text = text.substr(0, text.find('\n'));
  const auto answer = json::parse(text, nullptr, false);
  if (!answer.is_object()) return fail("its answer was cut off");
  if (const auto error = text_in(answer, "error"); !error.empty())
    return fail(policy::printable(error, 512));
  ProsodyFacts facts;
  facts.server.files = texts_in(answer, "files");
  facts.modules = texts_in(answer, "modules");
  facts.modules_disabled = texts_in(answer, "disabled");
  facts.strict = texts_in(answer, "strict");
  take_settings(answer, facts);
  take_hosts(answer, facts);
  take_lost(answer, facts);
  const auto unbound = answer.find("unbound");
  facts.has_unbound = unbound != answer.end() && unbound->is_boolean() && unbound->get<bool>();
  facts.server.client_ports = ports_of(facts, "c2s_ports", {5222});
  facts.server.server_ports = ports_of(facts, "s2s_ports", {5269});
  return facts;
}

}  // namespace portcullis::setup
