#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::app {

enum class ReloadTrigger : std::uint8_t { kSignal, kControl, kFiles };
std::string_view name(ReloadTrigger trigger);  // "signal", "control", "files"

// What became of one reload.
struct ReloadOutcome {
  bool ok = false;
  std::uint64_t generation = 0;  // the one that runs now
  policy::Diagnostics findings;  // keys that wait for a restart are warnings among them

  // One finding per line, then "ok generation=N" or "failed": the answer on the control socket.
  std::string text() const;
  // One sentence for the log.
  std::string summary() const;
};

// The answer's last line said "ok".
bool says_ok(std::string_view answer);

// A warning for each key in which `next` differs from what the process was started with although
// it takes effect only at a start.
policy::Diagnostics needs_restart(const policy::Config& started, const policy::Config& next);

// What is in force after `running` was loaded: of what takes a restart, that of the start.
policy::Config in_force(const policy::Config& started, policy::Config running);

}  // namespace portcullis::app
