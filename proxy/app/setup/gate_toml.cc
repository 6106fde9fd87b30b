#include "proxy/app/setup/gate_toml.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "policy/load/config_load.h"
#include "policy/load/config_values.h"
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

std::string first_error(const policy::Loaded& loaded, const std::string& path) {
  for (const auto& one : loaded.diagnostics)
    if (one.severity == policy::Diagnostic::Severity::kError)
      return policy::printable(one.text(), 400);
  return policy::printable(path);
}

// Where `path` of a table of `old` is in `wanted`: hosts are known by their domains, because they
// may stand in another order. "": that host is not there.
std::string same_table(const std::string& path, const policy::Config& old,
                       const policy::Config& wanted) {
  constexpr std::string_view kHost = "host[";
  if (!path.starts_with(kHost)) return path;
  const auto end = path.find(']');
  for (std::size_t i = 0; i < wanted.hosts.size(); ++i) {
    for (std::size_t k = 0; k < old.hosts.size(); ++k)
      if (path.substr(0, end) == fmt::format("host[{}", k) &&
          old.hosts[k].domain == wanted.hosts[i].domain)
        return fmt::format("host[{}", i) + path.substr(end);
  }
  return {};
}

// What each key is, by "TABLE.KEY".
std::map<std::string, std::string> values_by_key(const policy::Config& config) {
  std::map<std::string, std::string> values;
  for (const auto& table : policy::values_of(config))
    for (const auto& value : table.values)
      values.emplace(table.path + (table.path.empty() ? "" : ".") + std::string(value.name),
                     value.value);
  return values;
}

// Everything that a line of `old` gives and that is otherwise in `wanted`. The mode is not looked
// at: it changes only when that was asked for.
std::vector<std::string> lost_values(const policy::Config& old, const policy::Config& wanted,
                                     const std::set<std::string_view>& asked) {
  std::vector<std::string> lost;
  const auto after = values_by_key(wanted);
  for (const auto& table : policy::values_of(old)) {
    const auto begin = table.path.empty() ? "" : table.path + ".";
    const auto place = same_table(table.path, old, wanted);
    for (const auto& value : table.values) {
      const auto key = begin + std::string(value.name);
      const auto line = old.lines.find(key);
      if (line == old.lines.end() || line->second.file != old.file || key == "policy.mode")
        continue;
      if (begin.starts_with("host[") && asked.contains(value.name)) continue;
      const auto now = after.find(place.empty() ? place : place + "." + std::string(value.name));
      const auto top = begin.empty() ? after.find(key) : now;
      if (top != after.end() && top->second == value.value) continue;
      lost.push_back(fmt::format("{} = {} (line {})", policy::printable(key),
                                 policy::printable(value.value, 200), line->second.line));
    }
  }
  return lost;
}

}  // namespace

Result<ModeNow> mode_now(const std::string& path) {
  const auto text = read_if_there(path, setup::kMostConfigOctets);
  if (!text) return tl::unexpected(text.error());
  if (!*text || says_nothing(**text)) return ModeNow();
  const auto old = load_config(path);
  if (!old.config)
    return fail("its mode is not known, because what is there is not taken: " +
                first_error(old, path));
  ModeNow now{old.config->mode, {}};
  if (const auto line = old.config->lines.find("policy.mode");
      line != old.config->lines.end() && line->second.file != path)
    now.elsewhere = line->second;
  return now;
}

Result<TomlChange> change_toml(const std::string& path, const std::string& text,
                               const std::set<std::string_view>& asked) {
  auto file = file_to_change(path);
  if (!file) return tl::unexpected(file.error());
  auto sources = read_sources(path, text);
  if (!sources) return fail(sources.error().text());
  const auto wanted = policy::load_config(*sources, std::nullopt);
  if (!wanted.config)
    return fail("what setup would write is not taken: " + first_error(wanted, path));
  TomlChange change{std::move(*file), TomlFate::kFree, {}};
  change.file.after = text;
  if (!change.file.before || says_nothing(*change.file.before)) return change;
  if (!change.file.is_needed()) {
    change.fate = TomlFate::kSame;
    return change;
  }
  sources->texts.front().toml = *change.file.before;
  const auto old = policy::load_config(*sources, std::nullopt);
  if (old.config)
    change.lost = lost_values(*old.config, *wanted.config, asked);
  else
    change.lost.push_back(first_error(old, path));
  change.fate = change.lost.empty() ? TomlFate::kReplace : TomlFate::kLosesLines;
  return change;
}

}  // namespace portcullis::app
