#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/report/log_reader.h"

namespace portcullis::app {

// What is read of the journal.
inline constexpr std::string_view kJournalUnit = "portcullis.service";
inline constexpr std::string_view kJournalSpan = "14 days";

// Reads what the service has said in the last kJournalSpan, as journalctl(1) tells it. The error is
// half a sentence.
Result<void> read_journal(report::LogReader& reader);
// The same of another journalctl; "": there is none. It is ended when its time is over, and what it
// has said until then counts for nothing.
inline constexpr std::chrono::seconds kJournalPatience{120};
Result<void> read_journal(report::LogReader& reader, const std::string& program,
                          std::chrono::milliseconds at_most);

}  // namespace portcullis::app
