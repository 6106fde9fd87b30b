#pragma once

namespace portcullis::app {

// The only argument of the process that holds the local CA's key. It is no command: only `run`
// starts that process, and gives it a socket.
inline constexpr const char* kHoldLocalCaKey = "hold-local-ca-key";

// The same where the configuration says confinement = "off".
inline constexpr const char* kHoldLocalCaKeyFreely = "hold-local-ca-key-freely";

// That process, from its start to the end of the gate. Returns its exit code.
int hold_local_ca_key(bool confined);

}  // namespace portcullis::app
