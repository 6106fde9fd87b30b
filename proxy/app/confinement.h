#pragma once

#include <memory>
#include <optional>
#include <string>

#include "policy/model/config.h"
#include "proxy/app/reach.h"
#include "proxy/base/result.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// What this process has given up.
struct Confinement {
  int landlock = 0;                              // the version of its interface; 0: not in force
  bool seccomp = false;                          // in force
  bool key_process = false;                      // all of it for the process with the CA's key
  bool lacks = false;                            // something is wanted, and not to be had
  std::string detail;                            // one sentence: what that means, or why not
  std::shared_ptr<const Reach> reach = nullptr;  // with landlock
};

// Gives up the files and the system calls that serving `config` does not need, for good and for all
// processes that are started from now on. To be called when everything of before was read, and
// before there are threads. Fails only where the configuration demands what is not to be had.
// `key_process` is what confine_key_holder() has said; nullopt: there is no such process.
Result<Confinement> confine(const policy::Config& config,
                            const std::optional<std::string>& key_process);

// The same for the process with the local CA's key, once it has read it: no file at all, and the
// few calls that answer on its socket. The text says what of it was not to be had, and why; "": it
// is all in force, or is not `wanted`.
Result<std::string> confine_key_holder(policy::Confinement wanted);

// One line in the log.
void write_confinement(telemetry::Log& log, const Confinement& confinement);

}  // namespace portcullis::app
