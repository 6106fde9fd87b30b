#pragma once

#include <string>

#include "proxy/base/result.h"

namespace portcullis::certs {

// Fails when more users can use a private key than have to: accepted are a file that only its owner
// can use, and one of root that a group may read (0640, 0440), so that a service that is not root
// can have a key that it cannot change. A file that cannot be looked at passes: reading it tells.
Result<void> check_key_rights(const std::string& path);

}  // namespace portcullis::certs
