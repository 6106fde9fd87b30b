#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "policy/model/config.h"
#include "proxy/base/log_words.h"

namespace portcullis::telemetry {

class LogMetrics;
class Traces;
struct RecentRefusal;               // recent_refusals.h
enum class LogRank : std::uint8_t;  // log_queue.h

enum class Severity : std::uint8_t { kError, kWarning, kNotice, kInfo, kDebug };

using Value = std::variant<std::string_view, std::int64_t>;
using Field = std::pair<LogField, Value>;

// Writes one line for each call: logfmt ("event=decision kind=s2s_in ..."; under systemd an entry
// of the journal that has the fields by themselves, too) or one JSON object. Values are escaped and
// their length is bounded, so that a peer can neither end a line nor add a field. Thread-safe.
class Log {
 public:
  // To standard error or to the journal, on a thread of its own: nobody who writes a line waits for
  // its reader. Lines
  // that find no room are counted in `metrics` and, once lines flow again, in the log itself; what
  // is of level info or debug goes first, then refusals of strangers, then the rest. `metrics`
  // outlives the log.
  Log(const policy::Log& settings, LogMetrics& metrics);
  // For tests: lines go to `sink`, before write() returns.
  Log(const policy::Log& settings, std::function<void(std::string_view line)> sink);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Fields with an empty string are left out.
  void write(Severity severity, LogEvent event, std::initializer_list<Field> fields);
  // The same for a line whose rank does not follow from its severity.
  void write(Severity severity, LogEvent event, std::initializer_list<Field> fields, LogRank rank);
  // Whether lines of this severity are written at all. Ask before you do much work for a line.
  bool writes(Severity severity) const;

  // Whose steps are logged although lines of level debug are not written. Who writes a step asks.
  Traces& traces();
  const Traces& traces() const;
  // Writes a line of level debug, whatever the settings say.
  void write_step(LogEvent event, std::initializer_list<Field> fields);
  // Keeps a refusal for those who look at the running program. `refusal.at` is set here.
  void remember(RecentRefusal refusal);
  std::vector<RecentRefusal> recent() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What belongs in front of a line on standard error that is said before there is a log: "<3>" where
// that leads to the journal, which takes it as the priority; else "".
std::string line_prefix(Severity severity);

}  // namespace portcullis::telemetry
