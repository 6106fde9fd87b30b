#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/model/config.h"
#include "proxy/report/log_reader.h"

namespace portcullis::app {

// What the text and the JSON of `portcullis enforce` have in common. Private to the command.

// A server that would be refused, in one direction.
struct RefusedServer {
  std::string domain;  // or words that it claimed, in quotes
  std::string_view way;
  std::string reasons;
  std::uint64_t streams = 0;
};
// The most streams first.
std::vector<RefusedServer> would_be_refused(const report::LogReader& log);

// What says a mode of its own, and that is "observe".
struct KeptObserving {
  std::string what;  // "[c2s]", or a rule with its domains
  policy::SourceLine line;
};
std::vector<KeptObserving> kept_observing(const policy::Config& config);

// What makes the servers of one kind strict, as `portcullis explain KIND` says it.
struct StrictLines {
  std::string_view kind;
  std::string_view title;
  std::string domains;
  std::vector<std::pair<std::string_view, std::string>> lines;
  std::string_view instead_of;  // what observe mode needed
};
std::vector<StrictLines> strict_lines(const policy::Config& config);

}  // namespace portcullis::app
