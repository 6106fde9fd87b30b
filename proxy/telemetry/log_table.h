#pragma once

#include <span>

#include "proxy/base/log_words.h"

namespace portcullis::telemetry {

// Which fields a line about one event may have, in the order in which they come. A field that has
// no value is left out.
struct LogEventRow {
  LogEvent event;
  std::span<const LogField> fields;
};

// One row for each event of log_words.h.
std::span<const LogEventRow> log_table();
// Fields of every line, in front of those of its event.
std::span<const LogField> fields_of_every_line();

}  // namespace portcullis::telemetry
