#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "certs/own/file_writers.h"
#include "proxy/base/result.h"

namespace portcullis::app {

// A program that is asked something, such as the server's own reader of its configuration. What it
// is given, prints and takes is bounded, and nothing of it is left behind.
struct ChildPlan {
  std::string program;  // a path; PATH is not looked at
  std::vector<std::string> arguments = {};
  std::string input = {};
  std::vector<std::string> environment = {};  // "NAME=value"; nothing is inherited
  std::string user = {};                      // that root becomes for it; "": as we are
  std::chrono::seconds time{20};
  std::size_t most_output = std::size_t{1} << 20U;  // what is read of each of its two outputs
  std::size_t most_file = std::size_t{1} << 20U;  // of its outputs, and of any file that it writes
  std::size_t most_memory = 0;                    // octets of address space; 0: no limit
};

struct ChildEnd {
  int status = 0;  // its exit status; 128 and the signal when a signal ended it
  std::string out;
  std::string err;
};

// Runs it to its end. Fails when it cannot be started and when its time is over; then it is ended.
// Root that does not find the user does not run it.
Result<ChildEnd> run_child(const ChildPlan& plan);

// The user of that name, whom root becomes; nullopt when we are not root or there is none.
std::optional<certs::ServiceUser> user_to_become(const std::string& name);

}  // namespace portcullis::app
