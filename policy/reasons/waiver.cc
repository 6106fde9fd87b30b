#include "policy/reasons/waiver.h"

namespace portcullis::policy {

// A name, a key or a chain that is wrong proves nothing about who the peer is; only a pin does.
Waiver waiver_of(Reason reason) {
  switch (reason) {
    case Reason::kTlsVersionTooLow:
    case Reason::kExpired:
    case Reason::kNotYetValid:
    case Reason::kChainExpired:
    case Reason::kWrongPurpose:
    case Reason::kWeakKey:
    case Reason::kWeakSignature:
    case Reason::kRevocationUnknown:
      return Waiver::kAllowed;
    case Reason::kSelfSigned:
    case Reason::kUntrustedIssuer:
    case Reason::kMissingIntermediate:
    case Reason::kNameMissing:
    case Reason::kNameMismatch:
      return Waiver::kWithPins;
    default:
      return Waiver::kNever;
  }
}

}  // namespace portcullis::policy
