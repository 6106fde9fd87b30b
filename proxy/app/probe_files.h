#pragma once

#include <string>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/report/probed_keys.h"

namespace portcullis::app {

// Reads what `portcullis probe --json` has written, one object in each file. The first file that is
// something else is an error that names it: a list for publishing must not lack it silently.
Result<report::ProbedKeys> read_probes(const std::vector<std::string>& files);

}  // namespace portcullis::app
