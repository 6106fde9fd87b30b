#pragma once

#include <string>

#include "policy/diagnostic.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::app {

struct LoadResult {
  relay::SnapshotPtr snapshot;  // null when anything is wrong
  policy::Diagnostics diagnostics;
};

// The configuration file and every file it names; all findings of the run.
LoadResult load(const std::string& config_file);

}  // namespace portcullis::app
