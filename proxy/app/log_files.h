#pragma once

#include <string>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/report/log_reader.h"

namespace portcullis::app {

// This machine's time and zone, for lines that lack them.
report::TimeReference time_reference();

// Reads them one after the other; "-" is standard input.
Result<void> read_logs(const std::vector<std::string>& files, report::LogReader& reader);

}  // namespace portcullis::app
