#pragma once

#include <string>

#include "proxy/app/commands.h"
#include "proxy/report/log_reader.h"

namespace portcullis::app {

// What `report --as-config` prints: report::exceptions_report() for the configuration that
// `options` names. If that cannot be used, standard error says so, and its defaults are taken.
std::string exceptions_text(const report::LogReader& log, const ReportOptions& options);

}  // namespace portcullis::app
