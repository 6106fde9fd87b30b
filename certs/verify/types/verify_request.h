#pragma once

#include <chrono>
#include <cstdint>

#include "certs/names/reference_name.h"
#include "certs/verify/types/presented_chain.h"
#include "certs/verify/types/trust_anchors.h"
#include "certs/verify/types/verify_policy.h"

namespace portcullis::certs {

// The role of the peer, not ours, in the words of RFC 6120.
enum class PeerRole : std::uint8_t { kInitiating, kReceiving };

// The question that verify_peer answers. Borrows its parts, which must outlive the call. `now` is
// the time that validity is judged at.
struct VerifyRequest {
  const PresentedChain& chain;
  const TrustAnchors& anchors;
  const ReferenceName& reference;
  PeerRole role;
  const VerifyPolicy& policy;
  std::chrono::sys_seconds now;
};

}  // namespace portcullis::certs
