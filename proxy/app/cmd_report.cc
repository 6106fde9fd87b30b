#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <unistd.h>

#include "proxy/app/commands.h"
#include "proxy/app/exceptions_text.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/log_files.h"
#include "proxy/app/probe_files.h"
#include "proxy/app/say.h"
#include "proxy/base/result.h"
#include "proxy/report/report.h"

namespace portcullis::app {
namespace {

// "24h", "7d": a whole number of one unit.
Result<std::chrono::seconds> read_span(const std::string& text) {
  const auto unit_seconds = [](std::string_view unit) -> std::int64_t {
    constexpr std::int64_t kHour = 3600;
    constexpr std::int64_t kDay = 24 * kHour;
    if (unit == "s") return 1;
    if (unit == "m") return 60;
    if (unit == "h") return kHour;
    if (unit == "d") return kDay;
    if (unit == "w") return 7 * kDay;
    return 0;
  };
  constexpr std::int64_t kLongest = std::int64_t{100} * 365 * 24 * 60 * 60;
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  const auto unit = unit_seconds({rest, static_cast<std::size_t>(end - rest)});
  if (error != std::errc() || unit == 0 || count < 1 || count > kLongest / unit)
    return fail("--since: \"" + policy::printable(text) + "\" is no span of time; write 24h or 7d");
  return std::chrono::seconds(count * unit);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string render(const report::LogReader& log, const report::ProbedKeys* probed,
                   const ReportOptions& options) {
  if (options.as_config) return exceptions_text(log, options);
  if (options.format == "markdown") return report::markdown_report(log, probed);
  if (options.format == "html") return report::html_report(log, probed);
  if (options.format == "json")
    return report::json_report(
        log, {options.organization.empty() ? host_name() : options.organization, options.contact});
  if (options.by == "reason") return report::text_report(log, report::Breakdown::kReason);
  if (options.by == "domain") return report::text_report(log, report::Breakdown::kDomain);
  return report::text_report(log, report::Breakdown::kReasonAndDomain);
}

}  // namespace

int report(const ReportOptions& options) {
  report::ReadOptions reading{time_reference(), std::nullopt};
  if (!options.since.empty()) {
    const auto since = read_span(options.since);
    if (!since) return say(since.error().message, kUsage);
    reading.since = *since;
  }
  const bool publishes =
      !options.as_config && (options.format == "markdown" || options.format == "html");
  if (!options.probes.empty() && !publishes)
    return say("--probes is for --format markdown or html", kUsage);
  const auto probed = read_probes(options.probes);
  if (!probed) return say(probed.error().message, kProblemFound);
  report::LogReader reader(reading);
  const bool from_stdin = options.files.empty();
  const auto done = read_logs(from_stdin ? std::vector<std::string>{"-"} : options.files, reader);
  if (!done) return say(done.error().message, kProblemFound);
  const std::string out = render(reader, options.probes.empty() ? nullptr : &*probed, options);
  const bool written = std::fwrite(out.data(), 1, out.size(), stdout) == out.size();
  if (!written || std::fflush(stdout) != 0)
    return say("the report cannot be written", kProblemFound);
  return kFine;
}

}  // namespace portcullis::app
