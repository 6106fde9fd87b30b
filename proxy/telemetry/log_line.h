#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "proxy/telemetry/log.h"

namespace portcullis::telemetry {

// The form of a line. Private to proxy/telemetry.
enum class LineFormat : std::uint8_t {
  kText,     // time=... level=... event=... key=value
  kJournal,  // <n>event=... key=value: journald adds the time and takes n as the priority
  kJson      // {"time":...,"level":...,"event":...}
};

using LogTime = std::chrono::sys_time<std::chrono::milliseconds>;

// As syslog(3) counts.
int priority_of(Severity severity);

// Whether `descriptor` leads to journald. `journal_stream` is the environment variable
// JOURNAL_STREAM: "device:inode" of the stream that systemd gave to the program (systemd.exec(5)),
// or nullptr without systemd.
bool is_journal(const char* journal_stream, int descriptor);

// A longer value is cut.
inline constexpr std::size_t kMaxLogValue = 1024;

// Whether a field with this value is not written at all.
bool is_left_out(const Value& value);

// One line, '\n' included.
std::string format_line(LineFormat format, Severity severity, LogTime time, LogEvent event,
                        std::initializer_list<Field> fields);

}  // namespace portcullis::telemetry
