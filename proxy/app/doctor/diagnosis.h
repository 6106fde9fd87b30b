#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/model/config.h"
#include "proxy/app/load.h"
#include "proxy/doctor/report.h"
#include "proxy/doctor/writers.h"

namespace portcullis::app {

// Root can read every file, the user that the gate runs as cannot. So the files are read as that
// user, as `run` does it: this process is root no more afterwards. A user that this machine does
// not have is told when they are loaded.
LoadResult load_as_the_gate(const std::string& config_file, policy::Loaded read);

struct Diagnosis {
  policy::Config config;  // what was read; with `loaded.snapshot`, or without
  LoadResult loaded;
  doctor::Report report{config};
  doctor::Heading heading;
};

// Gathers, and makes these checks. Root is left on the way. Not copied or moved: the report points
// into it.
std::unique_ptr<Diagnosis> diagnose(const std::string& config_file,
                                    std::vector<doctor::Check> checks);
std::vector<doctor::Check> all_checks();

}  // namespace portcullis::app
