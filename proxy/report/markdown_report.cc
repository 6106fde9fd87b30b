#include <fmt/format.h>

#include <iterator>

#include "policy/reasons/reason.h"
#include "proxy/report/published.h"
#include "proxy/report/report.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

// A '|' would end the cell of the table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string advice(const PublicEntry& entry) {
  std::string text;
  for (const auto sentence : entry.advice) text += (text.empty() ? "" : " ") + cell(sentence);
  return text;
}

// In code spans, so that no program makes a link of a name.
std::string reasons(const PublicEntry& entry) {
  std::string text;
  for (const auto& [reason, row] : entry.reasons)
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", policy::id(reason));
  return text;
}

void table(std::string& out, const PublicClassWords& words,
           const std::vector<PublicEntry>& entries) {
  auto into = std::back_inserter(out);
  fmt::format_to(into, "\n## {}\n\n{}\n\n", words.title, words.meaning);
  if (entries.empty()) {
    out += "None.\n";
    return;
  }
  out += counted(entries.size(), "domain", "domains");
  out +=
      ".\n\n| domain | reason | streams | first seen | last seen | what its admin can do |\n"
      "|---|---|--:|---|---|---|\n";
  for (const auto& entry : entries)
    fmt::format_to(into, "| `{}` | {} | {} | {} | {} | {} |\n", entry.domain, reasons(entry),
                   entry.sum.streams, timestamp_or_dash(entry.sum.first),
                   timestamp_or_dash(entry.sum.last), advice(entry));
}

}  // namespace

std::string markdown_report(const LogReader& log, const ProbedKeys* probed) {
  const auto list = public_list(log.domains(), probed);
  std::string out = "# XMPP servers whose encryption is not sufficient\n\n" + public_dates(log);
  out += '\n';
  for (const auto& words : kPublicClasses)
    if (list.looked_for(words.in)) table(out, words, list.entries(words.in));
  out += "\n## How to read this\n\n";
  for (const auto& note : public_notes(log, list)) out += "- " + note + "\n";
  return out;
}

}  // namespace portcullis::report
