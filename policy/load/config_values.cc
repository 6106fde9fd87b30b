#include "policy/load/config_values.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

constexpr std::size_t kOriginColumn = 40;
constexpr std::string_view kRule = "[[s2s.rule]]";

// What a value that no file says comes from, where it is not the default of its key.
struct Source {
  std::string_view table;  // its header
  std::string_view key;    // empty: any
  std::string_view origin;
};
constexpr std::array kSources{
    Source{"[[host]]", "acme_dir", "as acme_dir at the top"},
    Source{"[host.backend]", "s2s", "by its kind and host"},
    Source{"[host.backend]", "c2s", "by its kind and host"},
    Source{"[host.backend]", "s2s_auth", "by its kind"},
    Source{"[listen]", "", "no host needs it"},
    Source{"[outbound]", "", "no host needs it"},
    Source{"[local_ca]", "", "no host needs it"},
    Source{"[c2s]", "mode", "as in [policy]"},
};

// Tables in which a value that is not given may be another one than the default: it comes from
// another table, from the kind of the backend, or depends on what is given elsewhere.
constexpr std::array<std::string_view, 7> kDerived{
    "[listen]", "[outbound]", "[local_ca]", "[[host]]", "[host.backend]", "[[s2s.rule]]", "[c2s]"};

bool is_derived(const ConfigTable& table) {
  return std::find(kDerived.begin(), kDerived.end(), table.header) != kDerived.end();
}

std::string text_of(const SourceLine& line) {
  return printable(line.file) + ":" + std::to_string(line.line);
}

// "$" begins a variable of the environment.
std::string escaped(std::string_view toml) {
  std::string text;
  for (const char c : toml) text.append(c == '$' ? 2 : 1, c);
  return text;
}

class Writer {
 public:
  Writer(const Config& config, Shown shown) : config_(config), shown_(shown) {}

  std::string text() {
    for (const auto& table : values_of(config_)) add(table);
    return std::move(text_);
  }

 private:
  const SourceLine* line_of(const std::string& path) const {
    const auto found = config_.lines.find(path);
    return found == config_.lines.end() ? nullptr : &found->second;
  }

  void add(const ConfigTable& table) {
    std::string lines;
    for (const auto& value : table.values) lines += line(table, value);
    // A table of a list stands there though nothing in it has changed: it is one more.
    if (lines.empty() && !table.header.starts_with("[[")) return;
    if (!text_.empty()) text_ += "\n";
    if (!table.header.empty()) text_ += table.header + "\n";
    text_ += lines;
  }

  std::string line(const ConfigTable& table, const ConfigValue& value) const {
    const auto* const given =
        line_of((table.path.empty() ? "" : table.path + ".") + std::string(value.name));
    const bool changed = given != nullptr && (value.value != value.fallback || is_derived(table));
    if (value.value.empty() || (shown_ == Shown::kChanged && !changed)) return {};
    auto text =
        (given == nullptr ? "#" : "") + std::string(value.name) + " = " + escaped(value.value);
    text.resize(std::max(text.size() + 2, kOriginColumn), ' ');
    return text + "# " + (given != nullptr ? text_of(*given) : origin(table, value)) + "\n";
  }

  std::string origin(const ConfigTable& table, const ConfigValue& value) const {
    if (table.header == kRule) return inherited(value);
    if (value.value == value.fallback) return "default";
    for (const auto& source : kSources)
      if (source.table == table.header && (source.key.empty() || source.key == value.name))
        return std::string(source.origin);
    return "default";
  }

  std::string inherited(const ConfigValue& value) const {
    const auto* const base =
        line_of((value.name == "mode" ? "policy." : "s2s.") + std::string(value.name));
    if (base != nullptr) return "as " + text_of(*base);
    return "default";
  }

  const Config& config_;
  const Shown shown_;
  std::string text_;
};

}  // namespace

std::string config_text(const Config& config, Shown shown) {
  return Writer(config, shown).text();
}

}  // namespace portcullis::policy
