#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "policy/decide/remote_policy.h"
#include "policy/decide/verdict.h"
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
  bool forward_secrecy = true;  // of the key exchange; false only for RSA's
};

// The refusal with `contact` and `help_url` of the configuration behind its sentence, once; still
// at most 512 octets.
Refusal with_help(const Config& config, Refusal refusal);

// The certificate gate: federation, then TLS floor, forward secrecy, certificate; the first that
// fails names the reason, told with_help. Pure and total. Of what is found here, the domain's
// exception may waive the TLS floor of a rule. What it waives of a certificate was left out of the
// verification and stands in `waived`; what the verification found all the same is never waived
// here, because it may have ended before it knew who the peer is.
Decision certificate_gate(const Config& config, const Evidence& evidence,
                          std::chrono::sys_seconds now);

// The decision about faults that were found elsewhere (dialback_attempted, plaintext_refused ...),
// in the order in which they were met; the first is told with_help. No exception waives one of
// them.
Decision judge_faults(const Config& config, const DomainName& remote, std::vector<Refusal> faults,
                      std::chrono::sys_seconds now);

// Whether the stream of an unauthenticated `remote` may be let through at all: observe mode, and
// no rule for it that enforces. A domain of ours is never observed.
bool observes(const Config& config, const DomainName& remote);

}  // namespace portcullis::policy
