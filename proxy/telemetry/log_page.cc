#include "proxy/telemetry/log_page.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <vector>

#include "proxy/telemetry/log_journal.h"
#include "proxy/telemetry/log_table.h"

namespace portcullis::telemetry {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from proxy/base/log_words.h and proxy/telemetry/log_table.cc by "cmake --build BUILD --target docs". -->

# Log

Each line is about one event and has the fields that are listed for it, in that order. A field that has no value is left
out. Names of events and fields stay as they are and keep their meaning from version to version; new ones may come, so a
program that reads the log ignores what it does not know. The words in `detail` are for people and may change.

| where | form of a line |
|---|---|
| `format = "text"` in `[log]`, or a terminal, a file, a container | `time=… level=… event=decision kind=s2s_in …` (logfmt) |
| `format = "json"` | `{"time":"…","level":"…","event":"decision","kind":"s2s_in",…}` |
| under systemd, if `format` is `"auto"` | the journal: the same line as text without `time` and `level`, and each field by itself |

A value of a peer can neither end a line nor add a field: quotes, backslashes, control characters and what reorders text on
a terminal are escaped as in JSON, and a value of more than 1024 octets is cut and ends in `...`.

## In the journal

systemd starts the program with its standard error connected to the journal (`JOURNAL_STREAM`). Then each line is sent to
the journal's own socket, with its priority and with every field under a name of its own: `{0}` and the name in capitals.
The journal looks fields up without reading lines:

```
journalctl -u portcullis -p warning
journalctl -u portcullis {0}EVENT=decision {0}VERDICT=rejected
journalctl -u portcullis {0}TO=legacy.example -o verbose
journalctl -u portcullis {0}ID=19abb8a4d10-17
```

`MESSAGE` is the whole line, so `journalctl -u portcullis -o cat`, and with it `portcullis report`, show what they always
did. Where the socket does not answer, lines go to standard error as before, which leads to the journal, too: then without
fields, but with the priority. For what was said before the program had read its configuration, the same holds.
)";

// Each field once, in the order in which a reader meets it.
std::vector<LogField> all_fields() {
  std::vector<LogField> found;
  const auto add = [&](const LogField& field) {
    for (const auto& known : found)
      if (known.name == field.name) return;
    found.push_back(field);
  };
  for (const auto& field : fields_of_every_line()) add(field);
  for (const auto& row : log_table())
    for (const auto& field : row.fields) add(field);
  return found;
}

}  // namespace

std::string log_page() {
  std::string page(kIntroduction);
  for (auto at = page.find("{0}"); at != std::string::npos; at = page.find("{0}", at))
    page.replace(at, 3, kJournalPrefix);
  const auto out = std::back_inserter(page);
  fmt::format_to(out, "\n## Events\n\n| `event` | what it says | fields |\n|---|---|---|\n");
  for (const auto& row : log_table()) {
    fmt::format_to(out, "| `{}` | {} | ", row.event.name, row.event.meaning);
    std::string_view separator;
    for (const auto& field : row.fields) {
      fmt::format_to(out, "{}`{}`", separator, field.name);
      separator = ", ";
    }
    if (row.fields.empty()) page += '-';
    page += " |\n";
  }
  page += "\nEvery line has `time`, `level` and `event` in front of these.\n";
  fmt::format_to(out, "\n## Fields\n\n| field | what it says |\n|---|---|\n");
  for (const auto& field : all_fields())
    fmt::format_to(out, "| `{}` | {} |\n", field.name, field.meaning);
  return page;
}

}  // namespace portcullis::telemetry
