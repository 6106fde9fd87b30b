#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "certs/verify/types/crl_store.h"
#include "certs/verify/types/trust_anchors.h"
#include "certs/verify/types/verify_policy.h"

namespace portcullis::relay {

// How certificates are verified under one rule of the policy.
struct PeerTrust {
  std::shared_ptr<const certs::TrustAnchors> anchors;
  std::shared_ptr<const certs::CrlStore> crls;  // may be null; `policy.crls` points to it
  certs::VerifyPolicy policy;
};

struct RevocationList {
  std::string file;
  std::chrono::sys_seconds next_update;  // the earliest one of all lists in the file
};

}  // namespace portcullis::relay
