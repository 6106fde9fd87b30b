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

// What a reload does not change.
struct SetAtStart {
  std::string_view key;
  bool (*same)(const policy::Config& started, const policy::Config& next);
  void (*keep)(const policy::Config& started, policy::Config& next);
};

template <typename Of>
constexpr SetAtStart set_at_start(std::string_view key, Of /*unused*/) {
  return {key, [](const policy::Config& a, const policy::Config& b) { return Of()(a) == Of()(b); },
          [](const policy::Config& started, policy::Config& next) { Of()(next) = Of()(started); }};
}

constexpr SetAtStart kSetAtStart[] = {
    set_at_start(
        "workers", [](auto& config) -> auto& { return config.workers; }),
    set_at_start(
        "listen.admin", [](auto& config) -> auto& { return config.listen.admin; }),
    set_at_start(
        "listen.control", [](auto& config) -> auto& { return config.listen.control; }),
    set_at_start(
        "dns.servers", [](auto& config) -> auto& { return config.dns.servers; }),
    set_at_start(
        "log.format", [](auto& config) -> auto& { return config.log.format; }),
    set_at_start(
        "log.debug", [](auto& config) -> auto& { return config.log.debug; }),
    set_at_start(
        "process.user", [](auto& config) -> auto& { return config.process.user; }),
    set_at_start(
        "process.group", [](auto& config) -> auto& { return config.process.group; }),
    set_at_start(
        "process.confinement", [](auto& config) -> auto& { return config.process.confinement; }),
};

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
  policy::Diagnostics findings;
  for (const auto& setting : kSetAtStart) {
    if (setting.same(started, next)) continue;
    const auto line = next.lines.find(setting.key);
    const auto place = line != next.lines.end() ? line->second : policy::SourceLine{next.file, 0};
    findings.push_back({Severity::kWarning, place.file, place.line, 0,
                        std::string(setting.key) +
                            " has changed, which takes effect at the next start only; restart "
                            "portcullis when it suits"});
  }
  return findings;
}

policy::Config in_force(const policy::Config& started, policy::Config running) {
  for (const auto& setting : kSetAtStart) setting.keep(started, running);
  return running;
}

}  // namespace portcullis::app
