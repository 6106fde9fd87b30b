#pragma once

#include <string>

namespace portcullis::policy {

// What docs/configuration.md says behind the keys of [host.backend]: how the client port is
// reached, and what to set in which kind of server.
void append_backend(std::string& page);

}  // namespace portcullis::policy
