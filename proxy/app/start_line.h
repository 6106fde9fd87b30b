#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "policy/model/config.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// What the line in the log that says "started" tells of where we listen: "s2s=[::]:5269 c2s=…".
std::string addresses_text(const policy::Config& config);

// The name of the user as whom the process runs; its number where it has no name.
std::string user_text();

// Writes the line event=started.
void write_start(telemetry::Log& log, const policy::Config& config, std::size_t workers);

// What the service manager shows of a program that serves, in the words of a sentence. `generation`
// counts the configurations since the start.
std::string serving_text(const policy::Config& config, std::uint64_t generation);

}  // namespace portcullis::app
