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
  // Whether `anchors` are those of the distribution. Then an incomplete chain of a public CA is an
  // error. Any other chain that leads to no anchor is only a warning: the operator may have a CA of
  // his own.
  bool anchors_are_public = true;
  VerifyPolicy policy;
  std::chrono::sys_seconds now;
  bool only_outgoing = false;  // it is shown on streams that we open, and nowhere else
};

struct OwnFinding {
  bool is_error = false;  // else a warning
  std::string text;       // what is wrong, and what to do
};

// A certificate that expires within this time is a warning.
inline constexpr std::chrono::days kNearEnd{14};

// Judges our own certificate as verify_peer would judge it as a peer's, so that we find a fault
// before others do. When the chain leads to no anchor, everything else is judged all the same. The
// pair must come from load_key_pair.
std::vector<OwnFinding> examine_own(const KeyPair& pair, const OwnUse& use);

}  // namespace portcullis::certs
