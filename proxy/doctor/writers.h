#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/model/config.h"
#include "proxy/doctor/facts.h"
#include "proxy/doctor/report.h"

namespace portcullis::doctor {

struct Heading {
  std::string config_file;
  std::optional<RunningGate> gate;
  std::vector<Check> checks;  // that were made
};

// For people: each finding with what was seen, why it matters and what to do.
std::string text_of(const Report& report, const Heading& heading);
// One object, with the same.
std::string json_of(const Report& report, const Heading& heading);
// "FILE:LINE: error: WHAT; TODO", one line each, as `portcullis check` writes. What that has
// written itself is left out.
std::string lines_of(const Report& report);

// docs/doctor.md, from the table.
std::string findings_page();

}  // namespace portcullis::doctor
