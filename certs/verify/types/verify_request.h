#pragma once

#include <chrono>
#include <cstdint>

#include "certs/names/reference_name.h"
#include "certs/verify/types/presented_chain.h"
#include "certs/verify/types/trust_anchors.h"
#include "certs/verify/types/verify_policy.h"

namespace portcullis::certs {

// RFC 6120's roles of the peer, not of us.
enum class PeerRole : std::uint8_t { kInitiating, kReceiving };

// One question: is this chain good for that name? Borrows all of its parts, which must outlive the
// call that it is made for.
struct VerifyRequest {
  const PresentedChain& chain;
  const TrustAnchors& anchors;
  const ReferenceName& reference;
  PeerRole role;
  const VerifyPolicy& policy;
  std::chrono::sys_seconds now;
};

}  // namespace portcullis::certs
