#include "certs/verify/exception.h"

#include <algorithm>
#include <array>

#include "certs/verify/verify.h"
#include "certs/x509/spki_pin.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

// What leaves out the check behind a reason.
struct Omission {
  Reason reason;
  bool Waivers::*flag;
};
constexpr std::array kOmissions{
    Omission{Reason::kExpired, &Waivers::expired},
    Omission{Reason::kNotYetValid, &Waivers::not_yet_valid},
    Omission{Reason::kChainExpired, &Waivers::chain_expired},
    Omission{Reason::kWrongPurpose, &Waivers::wrong_purpose},
    Omission{Reason::kWeakKey, &Waivers::weak_key},
    Omission{Reason::kWeakSignature, &Waivers::weak_signature},
    Omission{Reason::kRevocationUnknown, &Waivers::revocation_unknown},
};

// Null where no check can be left out.
bool* waiver_for(Reason reason, Waivers& waivers) {
  const auto* const found =
      std::find_if(kOmissions.begin(), kOmissions.end(),
                   [reason](const Omission& each) { return each.reason == reason; });
  return found == kOmissions.end() ? nullptr : &(waivers.*found->flag);
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
    if (policy::info(reason).waiver == policy::Waiver::kWithPins) return trust_pins();
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

bool is_pinned(const PresentedChain& chain, const std::vector<policy::SpkiPin>& pins) {
  const auto pin = chain.leaf ? spki_pin(chain.leaf.get()) : std::nullopt;
  return pin && std::find(pins.begin(), pins.end(), *pin) != pins.end();
}

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
