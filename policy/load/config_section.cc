#include "policy/load/config_section.h"

#include <array>
#include <utility>

#include "policy/load/config_keys.h"
#include "policy/load/did_you_mean.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

// Words for what a later version will enforce. Whoever writes one expects it to be enforced, so
// that it must not be ignored.
std::string_view reserved_for(std::string_view key) {
  const auto has_word = [&](std::string_view word) {
    return key == word || key.starts_with(std::string(word) + "_") ||
           key.ends_with("_" + std::string(word));
  };
  if (has_word("dane")) return "DANE (RFC 7671)";
  if (has_word("posh")) return "POSH (RFC 7711)";
  return {};
}

// "into [listen] or [host.backend]"; empty when no table has such a key.
std::string tables_with(std::string_view key) {
  std::string tables;
  for (const auto& known : config_keys()) {
    if (known.name != key) continue;
    tables += tables.empty() ? "" : " or ";
    tables += known.table.empty() ? "before the first table" : "into [" + known.table + "]";
  }
  return tables;
}

// "[host.backend]" for a table that stands outside of the one that it belongs to; empty if there is
// no such table.
std::string whole_name(std::string_view key) {
  constexpr std::array<std::string_view, 3> kInner{"[host.backend], below its [[host]]",
                                                   "[[s2s.rule]]", "[[s2s.exception]]"};
  for (const auto inner : kInner)
    if (inner.find("." + std::string(key) + "]") != std::string_view::npos)
      return std::string(inner);
  return {};
}

std::string advice(std::string_view key, bool is_table, std::span<const std::string_view> known) {
  if (const auto whole = is_table ? whole_name(key) : std::string(); !whole.empty())
    return "; write " + whole;
  if (const auto similar = did_you_mean(key, known))
    return "; did you mean \"" + std::string(*similar) + "\"?";
  if (const std::string tables = tables_with(key); !tables.empty()) return "; it belongs " + tables;
  std::string list;
  for (const auto name : known) list += (list.empty() ? "" : ", ") + std::string(name);
  return "; known here: " + list;
}

}  // namespace

Value child_of(const Value& parent, std::string_view name, const toml::node& node) {
  const std::string prefix = parent.path.empty() ? "" : parent.path + ".";
  return {node, prefix + std::string(name), parent.findings};
}

void report_unknown(const Value& table, const toml::key& key, const toml::node& node,
                    std::span<const std::string_view> known) {
  const auto here = place(key.source());
  const std::string path = table.path + "." + std::string(key.str());
  const std::string shown = "\"" + printable(key.str(), 60) + "\"";
  if (const auto meaning = reserved_for(key.str()); !meaning.empty()) {
    table.findings.error_at(
        path, here,
        shown + " is reserved: " + std::string(meaning) + " is not built yet; remove it");
    return;
  }
  const std::string in = table.path.empty() ? "" : " in [" + table.name() + "]";
  table.findings.error_at(path, here,
                          "unknown key " + shown + in + advice(key.str(), !node.is_value(), known));
}

void report_missing(const Value& table, std::string_view key) {
  const std::string prefix = table.path.empty() ? "" : table.name() + ".";
  table.findings.error(table.where(), prefix + std::string(key) + " is missing");
}

ConfigKey described(std::string_view table, const KeyText& text, KeyKind kind, std::string fallback,
                    std::string range, ValueShape shape) {
  constexpr std::string_view kRange = "{range}";
  ConfigKey key{
      std::string(table), text.name, std::move(fallback),       kind,         std::string(text.doc),
      std::move(range),   text.note, std::string(text.example), !text.is_set, std::move(shape)};
  if (const auto at = key.doc.find(kRange); at != std::string::npos) {
    key.doc.replace(at, kRange.size(), key.range);
    key.range.clear();
  }
  if (key.note.empty()) key.note = text.doc;
  if (key.example.empty()) key.example = key.fallback;
  return key;
}

}  // namespace portcullis::policy
