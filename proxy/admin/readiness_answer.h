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

// A client sends kReadinessRequest to Server, reads until the connection is closed, and gives all
// that it read to read_readiness(). An answer that Server would not write is an error: then another
// program listens there, or the answer is not complete. The names and details are copied unchanged
// from the answer, so they may hold any character.
inline constexpr std::string_view kReadinessRequest =
    "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
Result<Readiness> read_readiness(std::string_view answer);

}  // namespace portcullis::admin
