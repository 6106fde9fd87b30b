#include "policy/load/example_file.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "policy/load/config_keys.h"

namespace portcullis::policy {
namespace {

constexpr std::string_view kIntroduction =
    R"(# Portcullis. What stands behind a "#" without a space is a key with its default; remove the "#"
# to change it. Only the domain and where its server is are needed. "man portcullis.toml" explains
# each key. Test a change with "portcullis check -c FILE". More files may stand in conf.d/*.toml.
)";

constexpr std::size_t kNoteColumn = 32;
constexpr std::size_t kWidth = 98;

struct Section {
  std::string_view table;
  std::string_view header;  // empty: the top of the file
  std::string_view note = {};
  std::string_view chapter = {};  // begins here
  bool is_hidden = false;
};

constexpr std::array kSections{
    Section{.table = "", .header = ""},
    Section{.table = "listen", .header = "[listen]", .chapter = "Where connections arrive"},
    Section{.table = "outbound", .header = "[outbound]"},
    Section{.table = "dns", .header = "[dns]"},
    Section{.table = "local_ca", .header = "[local_ca]"},
    Section{.table = "host",
            .header = "[[host]]",
            .chapter = "What is served: one [[host]] for each domain"},
    Section{.table = "host.backend", .header = "[host.backend]"},
    Section{.table = "policy", .header = "[policy]", .chapter = "Policy"},
    Section{.table = "federation", .header = "[federation]"},
    Section{.table = "s2s", .header = "[s2s]", .note = "for every server without a nearer rule"},
    Section{.table = "s2s.rule",
            .header = "[[s2s.rule]]",
            .note = "a stricter or a private partner; any key of [s2s] may stand here",
            .is_hidden = true},
    Section{.table = "s2s.exception",
            .header = "[[s2s.exception]]",
            .note = "for one domain and for a while",
            .is_hidden = true},
    Section{.table = "c2s", .header = "[c2s]"},
    Section{.table = "limits", .header = "[limits]", .chapter = "Limits"},
    Section{.table = "log", .header = "[log]"},
    Section{.table = "process", .header = "[process]"},
};

std::string with_note(std::string line, std::string_view note) {
  if (note.empty()) return line + "\n";
  line.resize(std::max(line.size() + (line.size() < kNoteColumn ? 0 : 3), kNoteColumn), ' ');
  return line + "# " + std::string(note) + "\n";
}

std::string entry(const ConfigKey& key) {
  const std::string hidden = key.is_hidden ? "#" : "";
  const auto end_of_first = key.example.find('\n');
  std::string text = with_note(
      hidden + std::string(key.name) + " = " + key.example.substr(0, end_of_first), key.note);
  if (end_of_first == std::string::npos) return text;
  text += hidden;
  for (const char c : key.example.substr(end_of_first + 1)) {
    text += c;
    if (c == '\n') text += hidden;
  }
  return text + "\n";
}

std::vector<ConfigKey> keys_of(std::string_view table) {
  if (table == "s2s.rule") return rule_example_keys();
  std::vector<ConfigKey> keys;
  for (const auto& key : config_keys())
    if (key.table == table) keys.push_back(key);
  return keys;
}

std::string chapter(std::string_view title) {
  std::string line = "# ---- " + std::string(title) + " ";
  line.resize(kWidth, '-');
  return line + "\n";
}

}  // namespace

std::string example_file() {
  std::string file(kIntroduction);
  for (const auto& section : kSections) {
    file += "\n";
    if (!section.chapter.empty()) file += chapter(section.chapter) + "\n";
    if (!section.header.empty())
      file += with_note((section.is_hidden ? "#" : "") + std::string(section.header), section.note);
    for (const auto& key : keys_of(section.table)) file += entry(key);
  }
  return file;
}

}  // namespace portcullis::policy
