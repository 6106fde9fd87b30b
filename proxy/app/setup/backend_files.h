#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "proxy/app/file_change.h"
#include "proxy/app/setup/server_change.h"
#include "proxy/base/result.h"
#include "proxy/setup/plan.h"

namespace portcullis::app {

// The certificate that the server shows to the gate, and what the gate pins.
struct BackendFiles {
  std::vector<FileChange> server;  // in the server's folder
  std::vector<FileChange> gate;    // beside portcullis.toml
  std::string spare_key;  // the key beside portcullis.toml, until the server has it; "": none
  std::vector<std::string> notes;
};

// Decides on the certificate and writes its places into `plan`. A key that is there is used again,
// so that running setup twice changes nothing. What ejabberd shows already for a name stays, and is
// pinned.
Result<BackendFiles> plan_backend_files(const FoundServer& server, setup::Plan& plan,
                                        const std::string& folder, std::chrono::sys_seconds now);

}  // namespace portcullis::app
