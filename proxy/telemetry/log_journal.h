#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "proxy/telemetry/log.h"
#include "proxy/telemetry/log_descriptor.h"

namespace portcullis::telemetry {

// In front of the name of a field in the journal: PORTCULLIS_REASON is `reason`.
inline constexpr std::string_view kJournalPrefix = "PORTCULLIS_";

// One line of the log as the journal keeps it: "NAME=value\n" for each field, first PRIORITY, then
// MESSAGE, which is the whole line as text. No value has a line feed. `line` is what format_line()
// made of the same event and fields for the journal.
std::string journal_entry(std::string_view line, LogEvent event,
                          std::initializer_list<Field> fields);
// That line again.
std::string line_of_entry(std::string_view entry);

// Sends what journal_entry() made to the journal's socket. Where nobody answers there, the message
// goes to `fallback`, with its priority in front of it.
class LogJournal {
 public:
  // `fallback` outlives this.
  explicit LogJournal(LogDescriptor& fallback) : fallback_(fallback) {}

  // May wait for the journal. False: the line is lost.
  bool write(std::string_view entry);

 private:
  LogDescriptor& fallback_;
};

}  // namespace portcullis::telemetry
