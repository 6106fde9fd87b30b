#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/decide/remote_policy.h"
#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/base/tls_version.h"

namespace portcullis::policy {

// What is known about a peer once TLS stands and the secured stream header was read.
struct Evidence {
  DomainName remote;
  TlsVersion tls_version = TlsVersion::kUnknown;
  // What certificate verification found wrong, cert_missing included; empty: all is well.
  std::optional<Refusal> certificate;
  // Faults that verification met and the domain's exception waived, in the order they were met.
  std::vector<Refusal> waived;
};

enum class Verdict : std::uint8_t {
  kAccepted,
  kRejected,
  kWouldReject,  // observe mode: goes through unauthenticated
  kExcepted,     // an exception waives what is wrong; authenticated
};
// The words of log, metrics and `portcullis explain`, in the order of the enumeration.
inline constexpr std::array<std::string_view, 4> kVerdictNames{"accepted", "rejected",
                                                               "would_reject", "excepted"};
constexpr std::string_view name(Verdict verdict) {
  return kVerdictNames.at(static_cast<std::size_t>(verdict));
}

struct Decision {
  Verdict verdict = Verdict::kAccepted;
  std::optional<Refusal> refusal;  // the first failing check, told with_help; empty: accepted
  std::vector<Refusal> further;    // the others, for the log
};

// The refusal with `contact` and `help_url` of the configuration behind its sentence; still at most
// 512 octets.
Refusal with_help(const Config& config, Refusal refusal);

// The certificate gate: federation, then TLS floor, then certificate; the first that fails names
// the reason. Pure and total.
Decision certificate_gate(const Config& config, const Evidence& evidence,
                          std::chrono::sys_seconds now);

// The decision about one fault found elsewhere (dialback_attempted, plaintext_refused ...): the
// same mode, exceptions and class H rules.
Decision judge_fault(const Config& config, const DomainName& remote, Refusal refusal,
                     std::chrono::sys_seconds now);

// Whether the stream of an unauthenticated `remote` may be let through at all: observe mode, and
// no rule for it that enforces.
bool observes(const Config& config, const DomainName& remote);

}  // namespace portcullis::policy
