#include "proxy/telemetry/log.h"

#include <unistd.h>

#include <cstdlib>
#include <mutex>

#include "proxy/telemetry/log_journal.h"
#include "proxy/telemetry/log_line.h"
#include "proxy/telemetry/log_writer.h"
#include "proxy/telemetry/metrics.h"
#include "proxy/telemetry/recent_refusals.h"
#include "proxy/telemetry/traces.h"

namespace portcullis::telemetry {
namespace {

LineFormat line_format(policy::LogFormat configured, bool journal) {
  if (configured == policy::LogFormat::kJson) return LineFormat::kJson;
  if (configured == policy::LogFormat::kAuto && journal) return LineFormat::kJournal;
  return LineFormat::kText;
}

LogRank rank_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
    case Severity::kWarning:
    case Severity::kNotice:
      return LogRank::kImportant;
    case Severity::kInfo:
    case Severity::kDebug:
      return LogRank::kRoutine;
  }
  return LogRank::kRoutine;
}

LogTime now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// A line, or for the journal an entry.
std::string rendered(LineFormat format, Severity severity, LogEvent event,
                     std::initializer_list<Field> fields) {
  auto line = format_line(format, severity, now(), event, fields);
  return format == LineFormat::kJournal ? journal_entry(line, event, fields) : line;
}

std::string gap_line(LineFormat format, std::uint64_t dropped) {
  return rendered(format, Severity::kWarning, log_event::kLog,
                  {{log_field::kDropped, static_cast<std::int64_t>(dropped)},
                   {log_field::kDetail,
                    "lines are missing before this one: the log was not read fast enough, or "
                    "could not be written"}});
}

// The environment is read before threads could change it.
bool speaks_to_journal() {
  return is_journal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO);  // NOLINT
}

using Sink = std::function<void(std::string&& line, LogRank rank)>;

Sink to_standard_error(LineFormat format, LogMetrics& metrics) {
  auto writer = std::make_shared<LogWriter>(LogWriter::Settings{
      .descriptor = STDERR_FILENO,
      .to_journal = format == LineFormat::kJournal,
      .gap = [format](std::uint64_t dropped) { return gap_line(format, dropped); },
      .on_dropped = [&metrics](LogRank rank) { metrics.dropped(rank); }});
  return [writer](std::string&& line, LogRank rank) { writer->write(std::move(line), rank); };
}

Sink one_after_the_other(std::function<void(std::string_view)> sink) {
  return [sink = std::move(sink), mutex = std::make_shared<std::mutex>()](std::string&& line,
                                                                          LogRank /*rank*/) {
    const std::lock_guard lock(*mutex);
    sink(line);
  };
}

}  // namespace

struct Log::Impl {
  Impl(LineFormat of_lines, bool with_debug, Sink lines_go_to)
      : format(of_lines), debug(with_debug), sink(std::move(lines_go_to)) {}

  LineFormat format;
  bool debug;
  Sink sink;
  Traces traces;
  RecentRefusals recent;
};

Log::Log(const policy::Log& settings, LogMetrics& metrics) {
  const auto format = line_format(settings.format, speaks_to_journal());
  impl_ = std::make_unique<Impl>(format, settings.debug, to_standard_error(format, metrics));
}

Log::Log(const policy::Log& settings, std::function<void(std::string_view line)> sink)
    : impl_(std::make_unique<Impl>(line_format(settings.format, false), settings.debug,
                                   one_after_the_other(std::move(sink)))) {}

Log::~Log() = default;

void Log::write(Severity severity, LogEvent event, std::initializer_list<Field> fields) {
  write(severity, event, fields, rank_of(severity));
}

void Log::write(Severity severity, LogEvent event, std::initializer_list<Field> fields,
                LogRank rank) {
  if (!writes(severity)) return;
  impl_->sink(rendered(impl_->format, severity, event, fields), rank);
}

std::string line_prefix(Severity severity) {
  return speaks_to_journal() ? "<" + std::to_string(priority_of(severity)) + ">" : std::string();
}

bool Log::writes(Severity severity) const {
  return severity != Severity::kDebug || impl_->debug;
}

Traces& Log::traces() {
  return impl_->traces;
}

const Traces& Log::traces() const {
  return impl_->traces;
}

void Log::write_step(LogEvent event, std::initializer_list<Field> fields) {
  impl_->sink(rendered(impl_->format, Severity::kDebug, event, fields), rank_of(Severity::kDebug));
}

void Log::remember(RecentRefusal refusal) {
  refusal.at = std::chrono::floor<std::chrono::seconds>(now());
  impl_->recent.note(std::move(refusal));
}

std::vector<RecentRefusal> Log::recent() const {
  return impl_->recent.all();
}

}  // namespace portcullis::telemetry
