#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/model/config.h"
#include "proxy/app/foresight.h"
#include "proxy/report/log_reader.h"

namespace portcullis::app {

// What `portcullis enforce` has found out. A value; it is written down by the two functions below.
struct EnforcePlan {
  const policy::Config* config;
  std::optional<policy::SourceLine> mode;  // where `mode` of [policy] stands, if it does
  std::optional<Foreseen> streams;         // of the running portcullis
  std::string unreachable;                 // why there are none
  std::string log;                         // what was read; "": nothing
  std::string no_log;                      // why nothing was
  const report::LogReader* decisions = nullptr;

  bool observes() const { return config->mode == policy::Mode::kObserve; }
};

// For people. ASCII, but for what the configuration says.
std::string text_of(const EnforcePlan& plan);
// One JSON object. `outcome`: "dry run", "in force" or "failed".
std::string json_of(const EnforcePlan& plan, std::string_view outcome, std::string_view detail);

}  // namespace portcullis::app
