#include "proxy/app/setup/gate_toml.h"

#include <fmt/format.h>

#include <utility>

#include "policy/load/config_load.h"
#include "policy/reasons/reason.h"
#include "proxy/app/config_source.h"
#include "proxy/setup/server_facts.h"
#include "proxy/setup/text_lines.h"

namespace portcullis::app {
namespace {

bool says_nothing(const std::string& text) {
  for (const auto& line : setup::lines_of(text)) {
    const auto at = line.find_first_not_of(" \t\r");
    if (at != std::string::npos && line[at] != '#') return false;
  }
  return true;
}

}  // namespace

Result<ModeNow> mode_now(const std::string& path) {
  const auto text = read_if_there(path, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text || says_nothing(**text)) return ModeNow();
  const auto old = load_config(path);
  if (!old.config)
    return fail(
        "its mode is not known, because what is there is not taken: " +
        (old.diagnostics.empty() ? path : policy::printable(old.diagnostics.front().text(), 300)));
  ModeNow now{old.config->mode, {}};
  if (const auto line = old.config->lines.find("policy.mode");
      line != old.config->lines.end() && line->second.file != path)
    now.elsewhere = line->second;
  return now;
}

Result<TomlChange> change_toml(const std::string& path, const std::string& text) {
  const auto wanted = policy::load_config(text, path);
  if (!wanted.config)
    return fail(
        "what setup would write is not taken: " +
        (wanted.diagnostics.empty() ? std::string("?") : wanted.diagnostics.front().text()));
  auto file = file_to_change(path);
  if (!file) return tl::unexpected(file.error());
  TomlChange change{std::move(*file), TomlFate::kFree, {}};
  change.file.after = text;
  if (!change.file.before || says_nothing(*change.file.before)) return change;
  if (!change.file.is_needed()) {
    change.fate = TomlFate::kSame;
    return change;
  }
  const auto old = policy::load_config(*change.file.before, path);
  change.fate = TomlFate::kReplace;
  if (!old.config) {
    change.fate = TomlFate::kLosesLines;
    change.lost.push_back(
        policy::printable(old.diagnostics.empty() ? path : old.diagnostics.front().text(), 300));
    return change;
  }
  for (const auto& [key, line] : old.config->lines)
    if (!wanted.config->lines.contains(key))
      change.lost.push_back(fmt::format("{} (line {})", policy::printable(key), line.line));
  if (!change.lost.empty()) change.fate = TomlFate::kLosesLines;
  return change;
}

}  // namespace portcullis::app
