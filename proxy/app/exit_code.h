#pragma once

namespace portcullis::app {

// Documented in docs/operating.md.
enum ExitCode : int {
  kFine = 0,
  kProblemFound = 1,     // a check found an error
  kUsage = 2,            // wrong words on the command line
  kUnreachable = 3,      // a target or service could not be reached
  kRefusedByPolicy = 4,  // `explain`: what was asked about does not meet the policy
  kInvalidConfig = 78,   // `run`, `explain`: EX_CONFIG; a supervisor should not try again
};

}  // namespace portcullis::app
