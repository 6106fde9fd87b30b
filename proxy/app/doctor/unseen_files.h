#pragma once

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"
#include "proxy/doctor/report.h"

namespace portcullis::app {

// What was found in files, for the report. Where somebody else than root or the gate's user looks,
// an error about a file that he may not read says nothing about that file: it becomes a note.
// `config` may be what is left of one that could not be read.
void report_files(const policy::Diagnostics& diagnostics, const policy::Config& config,
                  bool is_stranger, doctor::Report& report);

}  // namespace portcullis::app
