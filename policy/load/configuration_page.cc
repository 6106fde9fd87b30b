#include "policy/load/configuration_page.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "policy/load/config_keys.h"

namespace portcullis::policy {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from the tables of policy/ by "cmake --build BUILD --target docs". -->

# Configuration

Portcullis reads one TOML file, `portcullis.toml`. `deploy/portcullis.toml` is an annotated example; this page is the
reference. `portcullis check -c FILE` reads a file and reports every finding in the form `file:line:column: error: what`,
so that editors can jump to it. A file with an error is never used, not even in part.

- An unknown key or table is an error: a misspelt limit must not be a silent default.
- Durations are strings with a unit: `"500ms"`, `"10s"`, `"5m"`, `"4h"`. Sizes are strings with `KiB` or `MiB`, or plain
  integers of octets. Dates are written without quotes: `2027-01-15`.
- Addresses are written `"127.0.0.1:5269"` or `"[::1]:5269"`; the backend and nothing else may also be given by host name.
- Domains may be written in Unicode or as A-labels; messages show A-labels. A name under `.onion` is one of version 3.
- `*.suffix` stands for every name below the suffix, at any depth, but not for the suffix itself. In a certificate `*` is
  exactly one label. The two are different rules.
- Paths are relative to the folder of the file.
- The file is at most 1 MiB. `dane` and `posh` are reserved words and an error until there is something behind them.
)";

struct Section {
  std::string_view table;
  std::string_view heading;
  std::string_view introduction;
};

constexpr std::array kSections{
    Section{"", "Top of the file", ""},
    Section{
        "listen", "[listen]",
        R"(At least one listener, here or in `[outbound]`, is needed. The same address may be used once only. All take addresses, not
host names.
)"},
    Section{"outbound", "[outbound]", ""},
    Section{"dns", "[dns]", ""},
    Section{"local_ca", "[local_ca]", ""},
    Section{"host", "[[host]]",
            R"(One for each domain that is served. Every domain and alias belongs to one host only.
)"},
    Section{"host.certificates", "[[host]] certificates", ""},
    Section{"host.backend", "[host.backend]",
            R"(At least one of `s2s` and `c2s`.
)"},
    Section{"policy", "[policy]", ""},
    Section{
        "federation", "[federation]",
        R"(Which domains are spoken with at all. Neither a rule nor an exception opens what is denied here.
)"},
    Section{"s2s", "[s2s]",
            R"(What is demanded of every other server for which there is no nearer rule.
)"},
    Section{
        "s2s.rule", "[[s2s.rule]]",
        R"(What is demanded of some servers instead. A rule may hold every key of `[s2s]` but `tls`; what it does not say is as in
`[s2s]`, wherever that stands in the file, and never as in another rule. One rule decides: the one with the exact name,
else the one with the longest `*.suffix`. The order of the file does not matter. `portcullis explain` shows what holds for
a domain, and which line says so.

```toml
[[s2s.rule]]                        # a stricter partner, enforced even while the rest is observed
match = ["bank.example", "*.bank.example"]
mode = "enforce"
min_tls = "1.3"

[[s2s.rule]]                        # a private CA, which can vouch for these names and no others
match = ["*.corp.example"]
roots = "corp.pem"
x509_strict = false
```
)"},
    Section{
        "s2s.exception", "[[s2s.exception]]",
        R"(Lets one domain pass for a while in spite of what is named, and nothing else. There is one exception at most for a domain.
When its last day is over, `portcullis check` and a reload call it an error; a start warns and does not apply it.

```toml
[[s2s.exception]]
domain = "slow.example"
allow = ["expired"]
until = 2027-01-15
why = "their admin is away until January"
```
)"},
    Section{"c2s", "[c2s]", ""},
    Section{"limits", "[limits]", ""},
    Section{"log", "[log]", ""},
};

std::string fallback_of(const ConfigKey& key) {
  if (key.kind == KeyKind::kRequired) return "required";
  if (key.kind == KeyKind::kInherited) return "inherited";
  return key.fallback.empty() ? "none" : "`" + key.fallback + "`";
}

void append_table(std::string& page, std::string_view table) {
  std::vector<const ConfigKey*> rows;
  for (const auto& key : config_keys())
    if (key.table == table) rows.push_back(&key);
  const bool ranges = std::any_of(rows.begin(), rows.end(),
                                  [](const ConfigKey* key) { return !key->range.empty(); });
  page += ranges ? "| key | default | meaning | range |\n|---|---|---|---|\n"
                 : "| key | default | meaning |\n|---|---|---|\n";
  for (const auto* key : rows) {
    page += "| `" + std::string(key->name) + "` | " + fallback_of(*key) + " | " + key->doc + " |";
    if (ranges) page += " " + key->range + " |";
    page += "\n";
  }
}

}  // namespace

std::string configuration_page() {
  std::string page(kIntroduction);
  for (const auto& section : kSections) {
    page += "\n## " + std::string(section.heading) + "\n\n";
    if (!section.introduction.empty()) page += std::string(section.introduction) + "\n";
    append_table(page, section.table);
  }
  return page;
}

}  // namespace portcullis::policy
