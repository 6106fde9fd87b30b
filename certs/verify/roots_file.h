#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/verify/types/trust_anchors.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// The trust anchors of a file. What cannot serve as an anchor is left out: a certificate that has
// expired, is no CA, has too weak a key, or is signed with MD5 by another CA.
struct Roots {
  TrustAnchors anchors;
  std::vector<std::string> left_out;  // one sentence each, with the subject
};

// Fails when the file is unreadable, empty, not PEM, or when nothing is left of it.
Result<Roots> load_roots(const std::string& path, std::chrono::sys_seconds now);

// Where a distribution keeps the public certificate authorities, the likeliest place first.
std::vector<std::string> system_roots_files();

// load_roots() of the first of `files` that exists. When none does, the error says what to install.
Result<Roots> load_system_roots(std::chrono::sys_seconds now,
                                const std::vector<std::string>& files = system_roots_files());

}  // namespace portcullis::certs
