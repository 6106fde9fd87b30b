#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/config_value.h"

namespace portcullis::policy {

enum class KeyKind : std::uint8_t { kOptional, kRequired, kTable };

// One key of a table whose values go into a Target: its name, its default as TOML (empty: none),
// and how it is read. The parser, the suggestions and the reference all come from these rows.
template <class Target>
struct Key {
  std::string_view name;
  std::string_view fallback;
  void (*read)(const Value& value, Target& target);
  KeyKind kind = KeyKind::kOptional;
};

// The value of the key `name` of the table `parent`.
Value child_of(const Value& parent, std::string_view name, const toml::node& node);

void report_unknown(const Value& table, const toml::key& key,
                    std::span<const std::string_view> known);
void report_missing(const Value& table, std::string_view key);

template <class Target>
void read_table(const Value& value, std::span<const Key<Target>> keys, Target& target) {
  const auto* table = value.node.as_table();
  if (table == nullptr) return value.wrong_type("a table");
  std::vector<std::string_view> known;
  for (const auto& key : keys) {
    known.push_back(key.name);
    if (key.kind == KeyKind::kRequired && !table->contains(key.name))
      report_missing(value, key.name);
  }
  for (const auto& [name, node] : *table) {
    const auto found = std::find(known.begin(), known.end(), name.str());
    if (found == known.end()) {
      report_unknown(value, name, known);
      continue;
    }
    const Value child = child_of(value, name.str(), node);
    child.findings.remember(child.path, child.where());
    keys[static_cast<std::size_t>(found - known.begin())].read(child, target);
  }
}

// A list of tables: [[host]], or certificates = [ {...}, {...} ].
template <class Target>
void read_tables(const Value& value, std::string_view how_to_write,
                 std::span<const Key<Target>> keys, std::vector<Target>& target) {
  const auto* list = value.node.as_array();
  if (list == nullptr || !std::all_of(list->begin(), list->end(),
                                      [](const toml::node& node) { return node.is_table(); }))
    return value.error("must be written " + std::string(how_to_write));
  for (const auto& node : *list) {
    const Value element{node, value.path + "[" + std::to_string(target.size()) + "]",
                        value.findings};
    element.findings.remember(element.path, element.where());
    read_table(element, keys, target.emplace_back());
  }
}

}  // namespace portcullis::policy
