#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/base/stream_kind.h"

namespace portcullis::policy {

// The closed list of reasons. The same word is the log field, the metric label, the <reason/> a
// peer is sent and the anchor in docs/reasons.md. The order is that of docs/reasons.md.
//
// A new reason takes its place here and a row in one of the rows_*.h files, which says everything
// else about it. The compiler refuses a list and rows that do not fit together.
enum class Reason : std::uint8_t {
  // rows_stream.h: the header of a stream and the way to TLS.
  kPlaintextRefused,
  kStarttlsNotOffered,
  kStarttlsInjection,
  kUnsupportedVersion,
  kHostUnknown,
  kBadAddress,
  kNameAmbiguous,
  kFederationDenied,
  kNeighbourDenied,
  // rows_tls.h: the TLS handshake.
  kTlsVersionTooLow,
  kTlsNoForwardSecrecy,
  kTlsNoCommonSuite,
  kTlsFailed,
  kAlpnMismatch,
  kDirectTlsRefused,
  // rows_chain.h: a certificate and its chain.
  kCertMissing,
  kCertMalformed,
  kSelfSigned,
  kUntrustedIssuer,
  kMissingIntermediate,
  kExpired,
  kNotYetValid,
  kChainExpired,
  kChainInvalid,
  // rows_certificate.h: what a certificate is for, its names and its key; revocation and pins.
  kWrongPurpose,
  kNameConstraint,
  kNameMissing,
  kNameMismatch,
  kWeakKey,
  kWeakSignature,
  kRevoked,
  kRevocationUnknown,
  kPinMismatch,
  // rows_session.h: authentication, and what is said on a stream.
  kDialbackAttempted,
  kExternalNotOffered,
  kAuthzidMismatch,
  kIdentityChanged,
  kUnauthenticatedStanza,
  kAddressSpoofed,
  kRefusedByPeer,
  kUnaskedAnswer,
  kXmlRestricted,
  kXmlInvalid,
  // rows_limits.h: what is too much, too slow or too late.
  kStanzaTooBig,
  kStanzaTooSlow,
  kNegotiationTimeout,
  kNegotiationTooLong,
  kRateLimited,
  kTooManyStreams,
  kTooMuchHeld,
  kMemoryShort,
  kOutOfDescriptors,
  // rows_backend.h: us and our backend. rows_proxy.h: onion services and the proxy to them.
  // rows_dialing.h: the way to the peer.
  kInternalError,
  kBackendUnavailable,
  kBackendMisconfigured,
  kBackendWithoutTls,
  kBackendWithoutBinding,
  kRefusedByBackend,
  kBackendStopping,
  kNotTheBackend,
  kBackendChanged,
  kBackendTooStrict,
  kLocalCaUnavailable,
  kBadOnionName,
  kOnionWithoutProxy,
  kSocksProxyFailed,
  kNoSuchService,
  kDnsFailed,
  kDnsTimeout,
  kPeerUnreachable,
  kAddressRefused,
  kDialLimit,
  kPeerLeft,
  kClosedByOperator,
  kShuttingDown,  // stays the last one
};

inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::kShuttingDown) + 1;

// Whether an exception may name a reason. Some faults leave open who the peer is, such as a wrong
// name or an unknown issuer; for these the exception must say the peer's key (a pin).
enum class Waiver : std::uint8_t { kNever, kAllowed, kWithPins };

// For whom a sentence is written.
enum class Audience : std::uint8_t {
  kRemoteAdmin,  // it speaks to them; where our own users read it, it is quoted
  kEverybody,    // it speaks about the stream
  kOperator,     // it is about this installation: its details may name settings and addresses, so
                 // that a peer reads the sentence without them
};

// Whose fault it is. Some faults only one side of a stream can commit; on an outgoing stream the
// initiating entity is our own backend, on an incoming one the receiving entity is.
enum class Blame : std::uint8_t { kPeer, kInitiatingEntity, kReceivingEntity, kLocal, kNetwork };

// The kinds of streams on which a connection can be refused for a reason. Told by what the code can
// find there: a series that can never count is not shown. What is counted all the same is shown
// from then on, so a wrong row here loses nothing.
enum class Streams : std::uint8_t {
  kAll,
  kBetweenServers,
  kIncoming,  // from the Internet, clients included
  kOutgoing,
  kNone,  // a connection is never refused for it; it ends established streams only
};

// In which list of servers with insufficient encryption `portcullis report` publishes a domain.
enum class PublishedClass : std::uint8_t {
  kNone,  // says nothing about certificates or encryption of the remote server
  kUntrustedCertificate,
  kDialbackOnly,  // no usable certificate authentication at all
};

// How much it tells us that an attempt to reach one address ended for this reason. When all
// addresses of a domain fail, the reason of the most telling attempt is named.
enum class Weight : std::uint8_t {
  kUnanswered,   // no connection came about
  kUnexplained,  // it broke off without a word
  kExplained,
};

// All that is known about one reason.
struct ReasonInfo {
  Reason reason;
  std::string_view id;  // "cert_missing"
  // The sentences. {name} marks an argument; what stands in [] is left out if an argument in it is
  // not known.
  std::string_view sentence;  // what the other side is told: "your" is theirs, "we" and "our" ours
  // What is read on our own side: by the operator in the log, and by our users in the bounce of
  // what they sent. It names the domains: {remote}, {local}, and {they}, which is the one whose
  // fault it is. Empty: `sentence` says it to everybody alike.
  std::string_view at_home = {};
  std::string_view condition;  // stream error, RFC 6120 section 4.9.3; where the handshake itself
                               // fails the peer sees a TLS alert, and this is for the other leg
  bool always_enforced;        // observe mode does not let it through
  Waiver waiver;
  Audience audience;
  Blame blame;
  Streams streams;
  bool while_relaying;  // what is sent on an established stream can end that stream for it
  PublishedClass published;
  std::string_view tlsrpt;  // result type of RFC 8460 section 4.3; empty: none fits
  Weight weight;
  // For docs/reasons.md and `portcullis explain`; Markdown of one paragraph each.
  std::string_view meaning;
  std::string_view remote;  // what the remote admin can do
  std::string_view local;   // what the local operator can do
};

const ReasonInfo& info(Reason reason);
inline std::string_view id(Reason reason) {
  return info(reason).id;
}
// Whether it is about this installation rather than about a peer.
inline bool is_about_us(Reason reason) {
  return info(reason).audience == Audience::kOperator;
}
std::optional<Reason> reason_from_id(std::string_view id);

// For iteration in metrics and docs.
constexpr Reason reason_at(std::size_t index) {
  return static_cast<Reason>(index);
}

// Whether a connection of this kind can be refused for it.
bool can_refuse(Reason reason, StreamKind kind);

enum class Fault : std::uint8_t { kPeer, kLocal, kNetwork };
constexpr std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::kPeer:
      return "peer";
    case Fault::kLocal:
      return "local";
    case Fault::kNetwork:
      return "network";
  }
  return "";
}
// Whose fault it was that a stream of this kind ended so.
Fault fault_of(Reason reason, StreamKind kind);

// An argument of a sentence: its name and its value.
using Argument = std::pair<std::string_view, std::string_view>;
using Arguments = std::vector<std::pair<std::string_view, std::string>>;

// A refusal that can be told: `text` is the filled-in sentence, safe to send to the remote admin
// (no control characters, at most 512 octets, no local user's name).
struct Refusal {
  Reason reason;
  std::string text;
  // What the sentence was filled with; empty: `text` is no sentence of the table, and everybody
  // reads it as it is.
  std::optional<Arguments> arguments = {};
};

// The arguments that sentences use; an argument that a sentence does not use is ignored.
//   domain   the domain in question
//   version  the TLS version the peer has
//   min      the least that would do
//   issuer   distinguished name of the issuer that is missing or not trusted
//   subject  distinguished name of the certificate at fault
//   date     of the limit that was passed, RFC 3339
//   list     what is there instead, comma-separated
//   limit    with its unit
//   detail   half a sentence
// Blanks around a value, and full stops at its end, are left out.
inline constexpr std::array<std::string_view, 9> kArgumentNames{
    "domain", "version", "min", "issuer", "subject", "date", "list", "limit", "detail"};
// Those that only `at_home` may use.
inline constexpr std::array<std::string_view, 3> kEndNames{"they", "remote", "local"};

// Fills the reason's sentence. A missing argument outside of [] leaves "?".
Refusal refuse(Reason reason, std::initializer_list<Argument> arguments = {});

// Between whom a refused stream was to be, for those who read of it at home. Empty: not known.
struct Ends {
  StreamKind kind;
  std::string_view remote = {};
  std::string_view local = {};
};
// What our operator and our users read: the same refusal with the names of the domains.
std::string at_home(const Refusal& refusal, const Ends& ends);

// The refusal as a peer may read it: without the details of one that is about this installation.
Refusal for_strangers(const Refusal& refusal);
// What our own users read if no XMPP server answered, whatever was there instead: nothing, a
// firewall, another service, or an address that is not called.
Refusal unreached_for_our_users();

// Words of others as a part of a sentence of ours: without blanks around them, and without the full
// stops at the end, because ours follows.
std::string_view without_full_stop(std::string_view text);

// Text that came from outside, made fit for a log line or a <text/>: control characters and
// invalid UTF-8 become '?', longer than `limit` octets is cut at a character boundary.
std::string printable(std::string_view text, std::size_t limit = 256);

}  // namespace portcullis::policy
