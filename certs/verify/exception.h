#pragma once

#include <vector>

#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"
#include "policy/model/spki_pin.h"
#include "policy/reasons/reason.h"

namespace portcullis::certs {

// What an operator's exception lets pass for one peer.
struct Leniency {
  std::vector<policy::Reason> allow;
  // A leaf with one of these keys needs no chain, validity or name.
  std::vector<policy::SpkiPin> pins;
};

struct LenientResult {
  VerifyResult result;
  // The faults that were met and let pass, in the order they were met; empty: there was none.
  std::vector<policy::Refusal> waived;
};

// verify_peer, and again with each fault let pass that `leniency` names, until the chain passes or
// shows a fault that is not named. Everything that is not named stays checked. A fault that breaks
// the peer's identity is let pass only for a leaf that is pinned. Bounded: each reason is waived
// once.
LenientResult verify_leniently(const VerifyRequest& request, const Leniency& leniency);

}  // namespace portcullis::certs
