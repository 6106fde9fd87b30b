#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/own/credentials.h"
#include "certs/verify/types/trust_anchors.h"
#include "certs/verify/types/verify_policy.h"

namespace portcullis::certs {

// What a certificate of ours is for, and how a peer with our own rules would judge it.
struct OwnUse {
  std::vector<DomainName> domains;  // the host's and every alias
  const TrustAnchors& anchors;      // not owned
  // The anchors are the distribution's: a public CA's chain must then be complete. With anchors of
  // the operator's choice it need not lead to them, as a CA of one's own is nothing wrong.
  bool anchors_are_public = true;
  VerifyPolicy policy;
  std::chrono::sys_seconds now;
};

struct OwnFinding {
  bool is_error = false;
  std::string text;  // what is wrong; what to do
};

inline constexpr std::chrono::days kNearEnd{14};

// Judges our own certificate as verify_peer judges a peer's, so that a fault is found by us first.
// Where the chain leads to no anchor, everything else is judged all the same. The pair is one that
// load_key_pair gave.
std::vector<OwnFinding> examine_own(const KeyPair& pair, const OwnUse& use);

}  // namespace portcullis::certs
