#include <fmt/format.h>

#include <iterator>

#include "policy/reasons/reason.h"
#include "proxy/base/html_text.h"
#include "proxy/report/published.h"
#include "proxy/report/report.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

// The page is one file: no script, nothing from elsewhere, and the policy in it says so to the
// browser. Its colours follow the reader's settings.
constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>XMPP servers whose encryption is not sufficient</title>
<style>
:root { color-scheme: light dark; --line: #8886; --weak: #666; --mark: #a40000; }
@media (prefers-color-scheme: dark) { :root { --weak: #aaa; --mark: #ff8080; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0;
         border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
td.domain { font-family: ui-monospace, monospace; color: var(--mark); overflow-wrap: anywhere; }
td.number { text-align: right; }
td.date { white-space: nowrap; }
.weak { color: var(--weak); }
code { font-family: ui-monospace, monospace; }
</style>
</head>
<body>
<h1>XMPP servers whose encryption is not sufficient</h1>
)";

// Sentences of ours mark words as code by backticks.
std::string prose(std::string_view text) {
  std::string out;
  bool in_code = false;
  while (true) {
    const auto mark = text.find('`');
    out += html_text(text.substr(0, mark));
    if (mark == std::string_view::npos) break;
    out += in_code ? "</code>" : "<code>";
    in_code = !in_code;
    text.remove_prefix(mark + 1);
  }
  return in_code ? out + "</code>" : out;
}

std::string day_of(std::optional<std::chrono::sys_seconds> time) {
  if (!time) return "-";
  return fmt::format("<time datetime=\"{0}\">{1}</time>", timestamp(*time),
                     timestamp(*time).substr(0, std::string_view("2026-11-27").size()));
}

std::string reasons(const PublicEntry& entry) {
  std::string text;
  for (const auto& [reason, row] : entry.reasons)
    text +=
        fmt::format("{}<code>{}</code>", text.empty() ? "" : ", ", html_text(policy::id(reason)));
  return text;
}

std::string advice(const PublicEntry& entry) {
  std::string text;
  for (const auto sentence : entry.advice) text += (text.empty() ? "" : " ") + prose(sentence);
  return text;
}

void section(std::string& out, const PublicClassWords& words,
             const std::vector<PublicEntry>& entries) {
  auto into = std::back_inserter(out);
  fmt::format_to(into, "<h2 id=\"{}\">{} ({})</h2>\n<p>{}</p>\n", words.id, html_text(words.title),
                 entries.size(), prose(words.meaning));
  if (entries.empty()) {
    out += "<p class=\"weak\">None.</p>\n";
    return;
  }
  out +=
      "<div class=\"wide\"><table>\n<thead><tr><th>domain</th><th>reason</th><th>streams</th>"
      "<th>first seen</th><th>last seen</th><th>what its admin can do</th></tr></thead>\n<tbody>\n";
  for (const auto& entry : entries)
    fmt::format_to(into,
                   "<tr><td class=\"domain\">{}</td><td>{}</td><td class=\"number\">{}</td>"
                   "<td class=\"date\">{}</td><td class=\"date\">{}</td><td>{}</td></tr>\n",
                   html_text(entry.domain), reasons(entry), entry.sum.streams,
                   day_of(entry.sum.first), day_of(entry.sum.last), advice(entry));
  out += "</tbody></table></div>\n";
}

}  // namespace

std::string html_report(const LogReader& log, const ProbedKeys* probed) {
  const auto list = public_list(log.domains(), probed);
  std::string out(kHead);
  out += "<p class=\"weak\">" + html_text(public_dates(log)) + " Made at " +
         timestamp(log.options().reference.now) + ".</p>\n";
  for (const auto& words : kPublicClasses)
    if (list.looked_for(words.in)) section(out, words, list.entries(words.in));
  out += "<h2 id=\"how-to-read-this\">How to read this</h2>\n<ul>\n";
  for (const auto& note : public_notes(log, list)) out += "<li>" + prose(note) + "</li>\n";
  return out + "</ul>\n</body>\n</html>\n";
}

}  // namespace portcullis::report
