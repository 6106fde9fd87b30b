#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace portcullis::policy {

// The closed list of reasons. The same word is the log field, the metric label, the <reason/> a
// peer is sent and the anchor in docs/reasons.md. The order is that of docs/reasons.md.
enum class Reason : std::uint8_t {
  kPlaintextRefused,
  kStarttlsNotOffered,
  kStarttlsInjection,
  kUnsupportedVersion,
  kHostUnknown,
  kBadAddress,
  kFederationDenied,
  kTlsVersionTooLow,
  kTlsNoCommonSuite,
  kTlsFailed,
  kAlpnMismatch,
  kCertMissing,
  kCertMalformed,
  kSelfSigned,
  kUntrustedIssuer,
  kMissingIntermediate,
  kExpired,
  kNotYetValid,
  kChainExpired,
  kChainInvalid,
  kWrongPurpose,
  kNameConstraint,
  kNameMissing,
  kNameMismatch,
  kWeakKey,
  kWeakSignature,
  kRevoked,
  kRevocationUnknown,
  kPinMismatch,
  kDaneMismatch,
  kDaneRequired,
  kDialbackAttempted,
  kExternalNotOffered,
  kAuthzidMismatch,
  kIdentityChanged,
  kUnauthenticatedStanza,
  kAddressSpoofed,
  kRefusedByPeer,
  kXmlRestricted,
  kXmlInvalid,
  kStanzaTooBig,
  kNegotiationTimeout,
  kRateLimited,
  kInternalError,
  // About us, our backend and the way to the peer rather than about a peer's behaviour.
  kBackendUnavailable,    // backend refuses, resets or does not answer
  kBackendMisconfigured,  // backend answers, but its settings make the bridge impossible
  kNotTheBackend,         // outbound listener or backend leg: not the pinned certificate
  kNoSuchService,         // NXDOMAIN, or SRV target "."
  kDnsFailed,             // SERVFAIL, time-out
  kPeerUnreachable,       // no candidate could be connected
  kPeerLeft,              // the other end closed before the stream was established
  kShuttingDown,          // we are draining
};

inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::kShuttingDown) + 1;

struct ReasonInfo {
  std::string_view id;         // "cert_missing"
  std::string_view condition;  // RFC 6120 4.9.3 stream error condition, "policy-violation"
  std::string_view sentence;   // for the remote admin; {name} marks an argument
  bool always_enforced;        // class H: observe mode does not let it through
  std::string_view tlsrpt;     // result type of RFC 8460 section 4.3; empty: none fits
};

const ReasonInfo& info(Reason reason);
inline std::string_view id(Reason reason) {
  return info(reason).id;
}
std::optional<Reason> reason_from_id(std::string_view id);

// What docs/reasons.md and `portcullis explain` say about a reason; Markdown of one paragraph.
struct ReasonHelp {
  Reason reason;
  std::string_view meaning;
  std::string_view remote;  // what the remote admin can do
  std::string_view local;   // what the local operator can do
};
const ReasonHelp& help(Reason reason);

// For iteration in metrics and docs.
constexpr Reason reason_at(std::size_t index) {
  return static_cast<Reason>(index);
}

// A refusal that can be told: `text` is the filled-in sentence, safe to send to the remote admin
// (no control characters, at most 512 octets, no local user's name).
struct Refusal {
  Reason reason;
  std::string text;
};

// The arguments that sentences use; an argument that a sentence does not use is ignored.
//   domain   the domain in question                   host_unknown, federation_denied, name_*,
//                                                     name_constraint, pin_mismatch, dane_*
//   version  the TLS version the peer has             tls_version_too_low
//   min      the least that would do                  tls_version_too_low, weak_key
//   issuer   distinguished name                       untrusted_issuer, missing_intermediate
//   subject  distinguished name of the certificate    chain_expired, name_constraint,
//            at fault                                 weak_signature
//   date     of the limit that was passed, RFC 3339   expired, not_yet_valid, chain_expired
//   list     what is there instead, comma-separated   name_mismatch, wrong_purpose
//   limit    with its unit                            negotiation_timeout
//   detail   half a sentence, no full stop            bad_address, tls_no_common_suite, tls_failed,
//            cert_malformed, missing_intermediate, chain_invalid, weak_key, weak_signature,
//            revoked, revocation_unknown, pin_mismatch, address_spoofed, refused_by_peer,
//            xml_invalid, stanza_too_big, no_such_service, dns_failed, peer_unreachable, peer_left
using Argument = std::pair<std::string_view, std::string_view>;
// Fills {name} in the reason's sentence. A missing argument leaves "?".
Refusal refuse(Reason reason, std::initializer_list<Argument> arguments = {});

// Text that came from outside, made fit for a log line or a <text/>: control characters and
// invalid UTF-8 become '?', longer than `limit` octets is cut at a character boundary.
std::string printable(std::string_view text, std::size_t limit = 256);

}  // namespace portcullis::policy
