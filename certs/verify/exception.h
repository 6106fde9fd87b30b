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

// Whether the leaf has one of these keys.
bool is_pinned(const PresentedChain& chain, const std::vector<policy::SpkiPin>& pins);

// What verify_leniently found.
struct LenientResult {
  VerifyResult result;
  // The faults that were met and let pass, in the order in which they were met.
  std::vector<policy::Refusal> waived;
};

// verify_peer for a peer with an exception. When the result is a fault that `leniency` names, that
// fault is waived and the chain is verified again, until it is accepted or shows a fault that is
// not named. All other checks stay in force. A fault that leaves open who the peer is can be waived
// only for a leaf with one of the pins. Each reason is waived at most once, so this ends.
LenientResult verify_leniently(const VerifyRequest& request, const Leniency& leniency);

}  // namespace portcullis::certs
