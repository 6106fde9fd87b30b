#include "certs/verify/exception.h"

#include <algorithm>

#include "certs/verify/verify.h"
#include "certs/x509/spki_pin.h"
#include "policy/reasons/waiver.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

// The waiver that leaves out the check behind `reason`; null when there is none.
bool* waiver_for(Reason reason, Waivers& waivers) {
  switch (reason) {
    case Reason::kExpired:
      return &waivers.expired;
    case Reason::kNotYetValid:
      return &waivers.not_yet_valid;
    case Reason::kChainExpired:
      return &waivers.chain_expired;
    case Reason::kWrongPurpose:
      return &waivers.wrong_purpose;
    case Reason::kWeakKey:
      return &waivers.weak_key;
    case Reason::kWeakSignature:
      return &waivers.weak_signature;
    case Reason::kRevocationUnknown:
      return &waivers.revocation_unknown;
    default:
      return nullptr;
  }
}

bool is_pinned(const PresentedChain& chain, const std::vector<policy::SpkiPin>& pins) {
  const auto pin = chain.leaf ? spki_pin(chain.leaf.get()) : std::nullopt;
  return pin && std::find(pins.begin(), pins.end(), *pin) != pins.end();
}

class Waiving {
 public:
  Waiving(const PresentedChain& chain, const Leniency& leniency, VerifyPolicy& policy)
      : chain_(chain), leniency_(leniency), policy_(policy) {}

  // False when the exception does not name the reason, when it may not be waived, or when it was
  // waived before and is met again.
  bool waive(Reason reason) {
    const auto& allow = leniency_.allow;
    if (std::find(allow.begin(), allow.end(), reason) == allow.end()) return false;
    if (policy::waiver_of(reason) == policy::Waiver::kWithPins) return trust_pins();
    bool* const waiver = waiver_for(reason, policy_.waivers);
    if (waiver == nullptr || *waiver) return false;
    *waiver = true;
    return true;
  }

 private:
  bool trust_pins() {
    if (pins_trusted_ || !is_pinned(chain_, leniency_.pins)) return false;
    pins_trusted_ = true;
    policy_.pins.insert(policy_.pins.end(), leniency_.pins.begin(), leniency_.pins.end());
    return true;
  }

  const PresentedChain& chain_;
  const Leniency& leniency_;
  VerifyPolicy& policy_;
  bool pins_trusted_ = false;
};

}  // namespace

LenientResult verify_leniently(const VerifyRequest& request, const Leniency& leniency) {
  VerifyPolicy policy = request.policy;
  const VerifyRequest request_with_waivers{request.chain, request.anchors, request.reference,
                                           request.role,  policy,          request.now};
  Waiving waiving(request.chain, leniency, policy);
  LenientResult lenient{verify_peer(request_with_waivers), {}};
  while (!lenient.result && waiving.waive(lenient.result.error().refusal.reason)) {
    lenient.waived.push_back(std::move(lenient.result.error().refusal));
    lenient.result = verify_peer(request_with_waivers);
  }
  return lenient;
}

}  // namespace portcullis::certs
