#include "proxy/app/reload_report.h"

#include <algorithm>

namespace portcullis::app {
namespace {

using Severity = policy::Diagnostic::Severity;

// A path or a certificate's text may hold line ends; in the answer they would begin a line.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

}  // namespace

std::string_view name(ReloadTrigger trigger) {
  switch (trigger) {
    case ReloadTrigger::kSignal:
      return "signal";
    case ReloadTrigger::kControl:
      return "control";
    case ReloadTrigger::kFiles:
      return "files";
  }
  return "";
}

std::string ReloadOutcome::text() const {
  std::string text;
  for (const auto& finding : findings) text += one_line(finding.text()) + "\n";
  return text + (ok ? "ok generation=" + std::to_string(generation) : "failed") + "\n";
}

std::string ReloadOutcome::summary() const {
  const auto errors = std::count_if(findings.begin(), findings.end(), [](const auto& finding) {
    return finding.severity == Severity::kError;
  });
  if (!ok)
    return std::to_string(errors) + " error(s); generation " + std::to_string(generation) +
           " goes on serving";
  return findings.empty() ? "" : std::to_string(findings.size()) + " warning(s)";
}

bool says_ok(std::string_view answer) {
  if (answer.ends_with('\n')) answer.remove_suffix(1);
  const auto line_end = answer.rfind('\n');
  return answer.substr(line_end == std::string_view::npos ? 0 : line_end + 1)
      .starts_with("ok generation=");
}

policy::Diagnostics needs_restart(const policy::Config& started, const policy::Config& next) {
  const struct {
    std::string_view key;
    bool same;
  } keys[] = {
      {"workers", started.workers == next.workers},
      {"listen.admin", started.listen.admin == next.listen.admin},
      {"listen.control", started.listen.control == next.listen.control},
      {"dns.servers", started.dns.servers == next.dns.servers},
      {"log.format", started.log.format == next.log.format},
      {"log.debug", started.log.debug == next.log.debug},
      {"process.user", started.process.user == next.process.user},
      {"process.group", started.process.group == next.process.group},
      {"process.confinement", started.process.confinement == next.process.confinement},
  };
  policy::Diagnostics findings;
  for (const auto& [key, same] : keys) {
    if (same) continue;
    const auto line = next.lines.find(key);
    const auto place = line != next.lines.end() ? line->second : policy::SourceLine{next.file, 0};
    findings.push_back({Severity::kWarning, place.file, place.line, 0,
                        std::string(key) +
                            " has changed, which takes effect at the next start only; restart "
                            "portcullis when it suits"});
  }
  return findings;
}

}  // namespace portcullis::app
