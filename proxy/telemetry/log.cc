#include "proxy/telemetry/log.h"

#include <unistd.h>

#include <cstdlib>
#include <mutex>

#include "proxy/telemetry/log_line.h"

namespace portcullis::telemetry {
namespace {

// If the log cannot be written, the line is lost: streams must not stop because of the log.
void write_to_stderr(std::string_view line) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

LineFormat line_format(policy::LogFormat configured, bool journal) {
  if (configured == policy::LogFormat::kJson) return LineFormat::kJson;
  if (configured == policy::LogFormat::kAuto && journal) return LineFormat::kJournal;
  return LineFormat::kText;
}

}  // namespace

struct Log::Impl {
  LineFormat format;
  bool debug;
  std::function<void(std::string_view)> sink;
  std::mutex mutex;
};

// The environment is read here, once, before threads could change it.
Log::Log(const policy::Log& settings)
    : impl_(new Impl{line_format(settings.format, is_journal(std::getenv("JOURNAL_STREAM"),
                                                             STDERR_FILENO)),  // NOLINT
                     settings.debug,
                     &write_to_stderr,
                     {}}) {}

Log::Log(const policy::Log& settings, std::function<void(std::string_view line)> sink)
    : impl_(new Impl{line_format(settings.format, false), settings.debug, std::move(sink), {}}) {}

Log::~Log() = default;

void Log::write(Severity severity, LogEvent event, std::initializer_list<Field> fields) {
  if (!writes(severity)) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::string line = format_line(impl_->format, severity, now, event, fields);
  const std::lock_guard lock(impl_->mutex);
  impl_->sink(line);
}

bool Log::writes(Severity severity) const {
  return severity != Severity::kDebug || impl_->debug;
}

}  // namespace portcullis::telemetry
