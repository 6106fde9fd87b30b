#pragma once

#include "certs/verify.h"

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

// What the whole chain must be good for (RFC 5280 section 4.2.1.12).
enum class Purpose : std::uint8_t { kTlsServer, kTlsClient };

}  // namespace portcullis::certs
