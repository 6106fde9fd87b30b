#pragma once

#include <string_view>
#include <vector>

#include "proxy/admin/server.h"
#include "proxy/base/result.h"

namespace portcullis::admin {

struct Readiness {
  bool ready = false;
  std::vector<ReadyCheck> checks;
};

// What a client sends to Server to learn its readiness, and how it reads the whole answer up to
// the end of the connection. Whatever Server does not say is an error: something else listens
// there, or the answer is not complete. The texts are those of the answer, so they may hold any
// character.
inline constexpr std::string_view kReadinessRequest =
    "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
Result<Readiness> read_readiness(std::string_view answer);

}  // namespace portcullis::admin
