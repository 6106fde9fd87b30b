#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "policy/decide/gate.h"
#include "policy/model/s2s_settings.h"
#include "policy/reasons/reason.h"
#include "proxy/base/authentication.h"
#include "proxy/base/dns_outcome.h"
#include "proxy/base/key_type.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/telemetry/label.h"
#include "proxy/telemetry/limit_label.h"
#include "proxy/telemetry/log_queue.h"

namespace portcullis::telemetry {

// The labels of all metrics. There is none for the domain, the address or a JID of a peer: a peer
// must not be able to create series.

template <>
struct Label<StreamKind> : EnumLabel<StreamKind> {
  static constexpr std::string_view kName = "kind";
  static constexpr std::string_view kMeaning = "which kind of stream";
};

template <>
struct Label<TlsEntry> : EnumLabel<TlsEntry> {
  static constexpr std::string_view kName = "tls_entry";
  static constexpr std::string_view kMeaning = "how TLS starts";
};

template <>
struct Label<Authentication> : EnumLabel<Authentication> {
  static constexpr std::string_view kName = "authentication";
  static constexpr std::string_view kMeaning =
      "how the other side is known: `external`, by its certificate and SASL EXTERNAL; "
      "`dialback_certified`, by its certificate, and it knows us by a key of dialback; `pinned`, "
      "by a pinned key; `excepted`, an exception waives what is wrong; `observed`, not at all, "
      "under TLS; `plain`, not at all, and without TLS; `login`, a client; `client_certificate`, "
      "a client that also showed a good certificate";
};

enum class Phase : std::uint8_t { kNegotiating, kRelaying };
constexpr std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::kNegotiating:
      return "negotiating";
    case Phase::kRelaying:
      return "relaying";
  }
  return "";
}
template <>
struct Label<Phase> : EnumLabel<Phase> {
  static constexpr std::string_view kName = "phase";
  static constexpr std::string_view kMeaning = "before or after both legs were authenticated";
};

// Who or what ended a stream that was not refused; also the `end` field of the log.
enum class End : std::uint8_t { kPeer, kBackend, kIdle, kDrain, kOperator, kError };
constexpr std::string_view name(End end) {
  switch (end) {
    case End::kPeer:
      return "peer";
    case End::kBackend:
      return "backend";
    case End::kIdle:
      return "idle";
    case End::kDrain:
      return "drain";
    case End::kOperator:
      return "operator";
    case End::kError:
      return "error";
  }
  return "";
}
template <>
struct Label<End> : EnumLabel<End> {
  static constexpr std::string_view kName = "end";
  static constexpr std::string_view kMeaning = "who or what ended the stream";
};

template <>
struct Label<policy::Reason> {
  static constexpr std::string_view kName = "reason";
  static constexpr std::string_view kMeaning = "why";
  static constexpr std::size_t kSize = policy::kReasonCount;
  static constexpr policy::Reason at(std::size_t i) { return policy::reason_at(i); }
  static constexpr std::size_t index(policy::Reason reason) {
    return static_cast<std::size_t>(reason);
  }
  static std::string_view word(policy::Reason reason) { return policy::id(reason); }
};
template <>
inline constexpr std::string_view kListedIn<policy::Reason> = "reasons.md";

template <>
struct Label<policy::Fault> : EnumLabel<policy::Fault> {
  static constexpr std::string_view kName = "fault";
  static constexpr std::string_view kMeaning =
      "whose fault it was: the other side's, this installation's, or that of DNS, the network or a "
      "server that is down";
};

template <>
struct Label<policy::Verdict> {
  static constexpr std::string_view kName = "verdict";
  static constexpr std::string_view kMeaning = "what was decided";
  static constexpr std::size_t kSize = policy::kVerdictNames.size();
  static constexpr policy::Verdict at(std::size_t i) { return static_cast<policy::Verdict>(i); }
  static constexpr std::size_t index(policy::Verdict verdict) {
    return static_cast<std::size_t>(verdict);
  }
  static constexpr std::string_view word(policy::Verdict verdict) { return policy::name(verdict); }
};

template <>
struct Label<policy::Mode> : EnumLabel<policy::Mode> {
  static constexpr std::string_view kName = "mode";
  static constexpr std::string_view kMeaning = "`mode` of `[policy]`";
};

// Only the versions that we negotiate have a value of their own; the others count as kUnknown. A
// handshake that failed has kUnknown.
template <>
struct Label<TlsVersion> {
  static constexpr std::array kVersions{TlsVersion::kUnknown, TlsVersion::kTls12,
                                        TlsVersion::kTls13};

  static constexpr std::string_view kName = "version";
  static constexpr std::string_view kMeaning =
      "the version of TLS, or `none` if the handshake failed";
  static constexpr std::size_t kSize = kVersions.size();
  static constexpr TlsVersion at(std::size_t i) { return kVersions[i]; }
  static constexpr std::size_t index(TlsVersion version) {
    for (std::size_t i = 0; i < kSize; ++i)
      if (kVersions[i] == version) return i;
    return 0;
  }
  static constexpr std::string_view word(TlsVersion version) { return name(version); }
};

template <>
struct Label<KeyType> : EnumLabel<KeyType> {
  static constexpr std::string_view kName = "key_type";
  static constexpr std::string_view kMeaning = "the kind of key in the certificate";
};

enum class Outcome : std::uint8_t { kFailure, kSuccess };
constexpr std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFailure:
      return "failure";
    case Outcome::kSuccess:
      return "success";
  }
  return "";
}
constexpr Outcome outcome_of(bool ok) {
  return ok ? Outcome::kSuccess : Outcome::kFailure;
}
template <>
struct Label<Outcome> : EnumLabel<Outcome> {
  static constexpr std::string_view kName = "outcome";
  static constexpr std::string_view kMeaning = "how it went";
};

template <>
struct Label<DnsOutcome> : EnumLabel<DnsOutcome> {
  static constexpr std::string_view kName = "outcome";
  static constexpr std::string_view kMeaning =
      "`captured`: it looked for a server and was led here; `address`: it asked for the address of "
      "that answer; `none`: a name that would lead around the gate, said not to exist; "
      "`forwarded`: answered by `outbound.dns_forward`; `failed`: the same, but there was no "
      "answer; `refused`: nobody to ask; `malformed`: no query, or of a kind that is not answered";
};

// What became of a stanza that was accepted and did not arrive.
enum class Return : std::uint8_t { kBounced, kNotAnswered, kManaged, kNotBounced };
constexpr std::string_view name(Return what) {
  switch (what) {
    case Return::kBounced:
      return "bounced";
    case Return::kNotAnswered:
      return "not_answered";
    case Return::kManaged:
      return "stream_management";
    case Return::kNotBounced:
      return "not_bounced";
  }
  return "";
}
template <>
struct Label<Return> : EnumLabel<Return> {
  static constexpr std::string_view kName = "outcome";
  static constexpr std::string_view kMeaning =
      "`bounced`: its sender was sent an error; `not_answered`: nobody answers such a stanza, an "
      "error for example; `stream_management`: XEP-0198 was in force, so the server and its client "
      "send it again themselves; `not_bounced`: its sender was gone, too, or too many were under "
      "way";
};

enum class Direction : std::uint8_t { kFromBackend, kToBackend };
constexpr std::string_view name(Direction direction) {
  switch (direction) {
    case Direction::kFromBackend:
      return "from_backend";
    case Direction::kToBackend:
      return "to_backend";
  }
  return "";
}
template <>
struct Label<Direction> : EnumLabel<Direction> {
  static constexpr std::string_view kName = "direction";
  static constexpr std::string_view kMeaning = "which way";
};

constexpr std::string_view name(LogRank rank) {
  switch (rank) {
    case LogRank::kRoutine:
      return "routine";
    case LogRank::kRefusal:
      return "refusal";
    case LogRank::kImportant:
      return "important";
  }
  return "";
}
template <>
struct Label<LogRank> : EnumLabel<LogRank> {
  static constexpr std::string_view kName = "rank";
  static constexpr std::string_view kMeaning =
      "`routine`: level info or debug; `refusal`: a stranger was refused; `important`: other "
      "decisions, and what is graver";
};

// The values of these labels come from the operator's configuration, so they are known only when
// they are used.

struct DomainText {
  std::string_view text;
};
template <>
struct Label<DomainText> {
  static constexpr std::string_view kName = "domain";
  static constexpr std::string_view kMeaning = "a domain that the configuration names";
  static constexpr std::string_view word(DomainText domain) { return domain.text; }
};

struct RulePattern {
  std::string_view text;
};
template <>
struct Label<RulePattern> {
  static constexpr std::string_view kName = "rule";
  static constexpr std::string_view kMeaning =
      "`match` of the `[[s2s.rule]]`, or `(more)` for all rules after the first 1000";
  static constexpr std::string_view word(RulePattern rule) { return rule.text; }
};

struct FileName {
  std::string_view text;
};
template <>
struct Label<FileName> {
  static constexpr std::string_view kName = "file";
  static constexpr std::string_view kMeaning = "a file that the configuration names";
  static constexpr std::string_view word(FileName file) { return file.text; }
};

struct ProgramVersion {
  std::string_view text;
};
template <>
struct Label<ProgramVersion> {
  static constexpr std::string_view kName = "version";
  static constexpr std::string_view kMeaning = "the version of Portcullis";
  static constexpr std::string_view word(ProgramVersion version) { return version.text; }
};

struct OpensslVersion {
  std::string_view text;
};
template <>
struct Label<OpensslVersion> {
  static constexpr std::string_view kName = "openssl";
  static constexpr std::string_view kMeaning = "the version of OpenSSL in use";
  static constexpr std::string_view word(OpensslVersion version) { return version.text; }
};

}  // namespace portcullis::telemetry
