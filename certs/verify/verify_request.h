#pragma once

#include "certs/verify/verify.h"

namespace portcullis::certs {

// The arguments of one verify_peer call, for the checks it is made of. Borrows all of them.
struct VerifyRequest {
  const PresentedChain& chain;
  const TrustAnchors& anchors;
  const ReferenceName& reference;
  PeerRole role;
  const VerifyPolicy& policy;
  std::chrono::sys_seconds now;
};

}  // namespace portcullis::certs
