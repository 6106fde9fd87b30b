#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/verify/trust_anchors.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// The trust anchors of a file, without those that nothing good can come from: expired, no CA, a key
// that is too weak, signed by another with MD5.
struct Roots {
  TrustAnchors anchors;
  std::vector<std::string> left_out;  // one sentence each, with the subject
};

// Fails when the file is unreadable, empty, not PEM, or when nothing is left of it.
Result<Roots> load_roots(const std::string& path, std::chrono::sys_seconds now);

}  // namespace portcullis::certs
