#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "certs/own/file_writers.h"
#include "policy/model/config.h"
#include "proxy/base/result.h"

namespace portcullis::app {

// Gives up what the program never needs, for good: its memory, in which keys are, is not written to
// disk when it crashes, and no other process of its user may look into it; no program that it
// starts has more powers than itself. For each process of ours, before it reads anything.
void give_up_needless_powers();

// When root has started us: becomes the user of `config.process`, with that user's groups. Whoever
// has started us, of all capabilities no more than the one to listen on ports below 1024 is kept,
// and that only where `config` names one; no program that we start gets it. Before any thread is
// there, and before a file is read that is not to be read again by that user. The text is a warning
// for the operator when we stay root or keep more than that; "" in all other cases.
Result<std::string> leave_root(const policy::Config& config);

// Gives up every capability for good, also as root. For a process that needs none.
Result<void> give_up_all_capabilities();

// As whom files are judged: the user that leave_root() becomes, or has become. Fails where
// `process` names a user or a group that this machine does not have.
Result<certs::ServiceUser> user_of_files(const policy::Process& process);

// The user that `process` names, whoever we are; nullopt: this machine does not have it.
std::optional<uid_t> user_named(const policy::Process& process);

// No file that we make from now on is for others, unless its mode is set.
void make_private_files();

}  // namespace portcullis::app
