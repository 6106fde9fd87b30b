#pragma once

#include <string>

#include "certs/own/file_writers.h"
#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::app {

// Who else could change what this process does: the owner, the mode and the folders of each file of
// the configuration (`config_file` and those of conf.d beside it) and of each file that it names.
// An error where everybody can write, or a user of this machine who is neither root nor `us`; a
// warning where a group can write, where the owner has no account on this machine (as a file
// mounted into a container) or is not known in our user namespace, or is perhaps the user of the
// backend, whose own certificate the file holds. How it is mounted does not matter: what is
// read-only here can be writable elsewhere.
//
// Private keys are left to read_key_file(). What cannot be looked at passes here: reading it tells.
// Only the configuration itself must be readable, so that it can be loaded again.
policy::Diagnostics check_file_rights(const policy::Config& config, const std::string& config_file,
                                      const certs::ServiceUser& us);

}  // namespace portcullis::app
