#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/app/commands.h"
#include "proxy/setup/plan.h"

namespace portcullis::app {

// A text of several lines, such as a part of a file of others, for a terminal.
std::string printable_lines(std::string_view text);

struct NextState {
  SetupOptions options;
  setup::Plan plan;
  std::string folder;  // of portcullis.toml
  bool is_applied = false;
  bool is_by_hand = false;
  bool has_local_ca = false;
  bool had_changes = true;
};

// What to do next: at most six, each a command, or words behind a "#".
std::vector<std::string> next_commands(const NextState& state);

}  // namespace portcullis::app
