#pragma once

#include <string>

#include "policy/model/config.h"
#include "proxy/base/result.h"

namespace portcullis::app {

// Gives up what the program never needs, for good: its memory, in which keys are, is not written to
// disk when it crashes, and no other process of its user may look into it; no program that it
// starts has more powers than itself. For each process of ours, before it reads anything.
void give_up_needless_powers();

// When root has started us: becomes the user of `config.process`, with that user's groups and
// without any power of root but to listen on ports below 1024, and that only where `config` names
// one. Before any thread is there, and before a file is read that is not to be read again by that
// user. The text is a warning for the operator when we stay root; "" in all other cases.
Result<std::string> leave_root(const policy::Config& config);

// No file that we make from now on is for others, unless its mode is set.
void make_private_files();

}  // namespace portcullis::app
