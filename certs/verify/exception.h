#pragma once

#include <vector>

#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"
#include "certs/x509/spki_digest.h"
#include "policy/reasons/reason.h"

namespace portcullis::certs {

// What an operator's exception lets pass for one peer.
struct Leniency {
  std::vector<policy::Reason> allow;
  std::vector<SpkiDigest> pins;  // a leaf with one of these keys needs no chain, validity or name
};

struct LenientVerdict {
  Verdict verdict;
  // The faults that were met and let pass, in the order they were met; empty: there was none.
  std::vector<policy::Refusal> waived;
};

// verify_peer, and again with each fault let pass that `leniency` names, until the chain passes or
// shows a fault that is not named. Everything that is not named stays checked. A fault that breaks
// the peer's identity is let pass only for a leaf that is pinned. Bounded: each reason is waived
// once.
LenientVerdict verify_leniently(const VerifyRequest& request, const Leniency& leniency);

}  // namespace portcullis::certs
