#pragma once

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

}  // namespace portcullis::app
