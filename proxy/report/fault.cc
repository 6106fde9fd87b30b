#include "proxy/report/fault.h"

namespace portcullis::report {

using policy::Reason;

bool is_peers_fault(StreamKind kind, Reason reason) {
  switch (reason) {
    case Reason::kRateLimited:
    case Reason::kInternalError:
    case Reason::kBackendUnavailable:
    case Reason::kBackendMisconfigured:
    case Reason::kNotTheBackend:
    case Reason::kNoSuchService:
    case Reason::kDnsFailed:
    case Reason::kPeerUnreachable:
    case Reason::kPeerLeft:
    case Reason::kShuttingDown:
      return false;
    // Only an initiating entity does these, and on an outgoing stream that is our backend.
    case Reason::kPlaintextRefused:
    case Reason::kHostUnknown:
    case Reason::kBadAddress:
    case Reason::kDialbackAttempted:
    case Reason::kAuthzidMismatch:
    case Reason::kIdentityChanged:
    case Reason::kUnauthenticatedStanza:
      return kind != StreamKind::kS2sOutbound;
    // And these only a receiving one.
    case Reason::kStarttlsNotOffered:
    case Reason::kExternalNotOffered:
    case Reason::kRefusedByPeer:
      return kind == StreamKind::kS2sOutbound;
    default:
      return true;
  }
}

PublishedClass published_class(Reason reason) {
  switch (reason) {
    case Reason::kPlaintextRefused:
    case Reason::kStarttlsNotOffered:
    case Reason::kUnsupportedVersion:
    case Reason::kDialbackAttempted:
    case Reason::kExternalNotOffered:
    case Reason::kCertMissing:
      return PublishedClass::kDialbackOnly;
    case Reason::kCertMalformed:
    case Reason::kSelfSigned:
    case Reason::kUntrustedIssuer:
    case Reason::kMissingIntermediate:
    case Reason::kExpired:
    case Reason::kNotYetValid:
    case Reason::kChainExpired:
    case Reason::kChainInvalid:
    case Reason::kWrongPurpose:
    case Reason::kNameConstraint:
    case Reason::kNameMissing:
    case Reason::kNameMismatch:
    case Reason::kWeakKey:
    case Reason::kWeakSignature:
    case Reason::kRevoked:
    case Reason::kRevocationUnknown:
    case Reason::kPinMismatch:
    case Reason::kDaneMismatch:
    case Reason::kDaneRequired:
      return PublishedClass::kUntrustedCertificate;
    default:
      return PublishedClass::kNone;
  }
}

}  // namespace portcullis::report
