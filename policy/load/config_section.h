#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/load/config_keys.h"
#include "policy/load/config_value.h"
#include "policy/load/config_values.h"

namespace portcullis::policy {

// What is said about a key. The example file shows a key with its default behind a "#", unless
// `example` says otherwise.
struct KeyText {
  std::string_view name;
  std::string_view doc = {};      // effect, unit, allowed values; Markdown. {range} is filled in
  std::string_view note = {};     // the comment in the example file; empty: `doc`
  std::string_view example = {};  // the value in the example file; empty: the default
  bool is_set = false;            // in the example file
};

// One key of a table whose values go into a Target: how it is read, how it is written and what is
// said about it. The parser, the suggestions, `explain`, the reference and the example file all
// come from these rows, and the default is what a Target holds from the beginning.
template <class Target>
struct Key {
  KeyText text;
  void (*read)(const Value& value, Target& target);
  std::string (*write)(const Target& target) = nullptr;  // null: there is no value to write
  std::string (*range)() = nullptr;                      // "100ms to 10m"
  KeyKind kind = KeyKind::kOptional;
  ValueShape (*shape)() = nullptr;
  std::string_view unset = {};  // TOML that stands for an empty value; empty: nothing does
};

// The value of the key `name` of the table `parent`.
Value child_of(const Value& parent, std::string_view name, const toml::node& node);

void report_unknown(const Value& table, const toml::key& key, const toml::node& node,
                    std::span<const std::string_view> known);
void report_missing(const Value& table, std::string_view key);

// Reads one table, whose keys may go into several targets. Keys are read in the order of the rows,
// not in that of the file, so that a later row may build upon what an earlier one has set.
class TableReader {
 public:
  explicit TableReader(const Value& value) : value_(value), table_(value.node.as_table()) {
    if (table_ == nullptr) value.wrong_type("a table");
  }

  template <class Target>
  void read(const Key<Target>& key, Target& target) {
    if (table_ == nullptr) return;
    known_.push_back(key.text.name);
    if (const auto* node = table_->get(key.text.name)) {
      const Value child = child_of(value_, key.text.name, *node);
      child.findings.remember(child.path, child.where());
      key.read(child, target);
    } else if (key.kind == KeyKind::kRequired) {
      report_missing(value_, key.text.name);
    }
  }

  template <class Target>
  void read(std::span<const Key<Target>> keys, Target& target) {
    for (const auto& key : keys) read(key, target);
  }

  // Reports the keys that no row has read.
  void finish() const {
    if (table_ == nullptr) return;
    for (const auto& [name, node] : *table_)
      if (std::find(known_.begin(), known_.end(), name.str()) == known_.end())
        report_unknown(value_, name, node, known_);
  }

 private:
  const Value& value_;
  const toml::table* table_;
  std::vector<std::string_view> known_;
};

template <class Target>
void read_table(const Value& value, std::span<const Key<Target>> keys, Target& target) {
  TableReader table(value);
  table.read(keys, target);
  table.finish();
}

// A list of tables: [[host]], or certificates = [ {...}, {...} ]. Each begins as `prototype` and is
// read by `read_one(element, target)`.
template <class Target, class ReadOne>
void read_tables(const Value& value, std::string_view how_to_write, std::vector<Target>& target,
                 const Target& prototype, ReadOne read_one) {
  const auto* list = value.node.as_array();
  if (list == nullptr || !std::all_of(list->begin(), list->end(),
                                      [](const toml::node& node) { return node.is_table(); }))
    return value.error("must be written " + std::string(how_to_write));
  for (const auto& node : *list) {
    const Value element{node, value.path + "[" + std::to_string(target.size()) + "]",
                        value.findings};
    element.findings.remember(element.path, element.where());
    read_one(element, target.emplace_back(prototype));
  }
}

template <class Target>
void read_tables(const Value& value, std::string_view how_to_write,
                 std::span<const Key<Target>> keys, std::vector<Target>& target) {
  read_tables(value, how_to_write, target, Target(),
              [&](const Value& element, Target& one) { read_table(element, keys, one); });
}

// What `text` says, with the default, the range and the shape that the row gives.
ConfigKey described(std::string_view table, const KeyText& text, KeyKind kind, std::string fallback,
                    std::string range, ValueShape shape);

template <class Target>
ConfigKey described(std::string_view table, const Key<Target>& key) {
  const bool has_default = key.write != nullptr && key.kind == KeyKind::kOptional;
  return described(table, key.text, key.kind, has_default ? key.write(Target()) : std::string(),
                   key.range != nullptr ? key.range() : std::string(),
                   key.shape != nullptr ? key.shape() : ValueShape());
}

// The rows of one table, for the reference.
template <class Target>
void list_keys(std::vector<ConfigKey>& all, std::string_view table,
               std::span<const Key<Target>> keys) {
  for (const auto& key : keys)
    if (key.kind != KeyKind::kTable) all.push_back(described(table, key));
}

// `target` as one value of a configuration.
template <class Target>
ConfigValue value_of(const Key<Target>& key, const Target& target) {
  const auto text = [&key](const Target& of) {
    auto written = key.write(of);
    return written.empty() ? std::string(key.unset) : written;
  };
  return {key.text.name, text(target), text(Target())};
}

template <class Target>
void add_values(ConfigTable& table, std::span<const Key<Target>> keys, const Target& target) {
  for (const auto& key : keys)
    if (key.write != nullptr) table.values.push_back(value_of(key, target));
}

template <class Target>
void add_table(std::vector<ConfigTable>& all, const std::string& name,
               std::span<const Key<Target>> keys, const Target& target) {
  add_values(all.emplace_back(ConfigTable{"[" + name + "]", name, {}}), keys, target);
}

}  // namespace portcullis::policy
