#pragma once

#include <chrono>
#include <optional>

#include "certs/verify/types/presented_chain.h"
#include "certs/verify/types/verify_request.h"
#include "policy/decide/gate.h"
#include "proxy/base/tls_version.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::relay {

// What a peer showed on its connection, and which role it had there.
struct PeerEvidence {
  certs::PresentedChain chain;
  TlsVersion tls_version = TlsVersion::kUnknown;
  certs::PeerRole role = certs::PeerRole::kInitiating;
  bool forward_secrecy = true;  // of the key exchange
};

struct PeerAssessment {
  policy::Decision decision;
  // The last second for which the decision is known to hold. Whichever is first: the accepted chain
  // expires; the exception that lets it pass is over; with crl-hard, a revocation list is no longer
  // current, and what follows depends on the others. sys_seconds::max() if no chain was accepted,
  // or if it was accepted only because its key is pinned by the policy.
  std::chrono::sys_seconds expires = std::chrono::sys_seconds::max();
  // Accepted: its certificate or its pinned key says who it is. Not where an exception
  // has waived something and has no pin of this key.
  bool identified = false;
  // Its certificate was verified, and no fault was found in it; by a pin of the policy alone?
  bool verified = false;
  bool pinned = false;
  // Where in the chain verification found the fault; 0 is the leaf.
  std::optional<int> depth = std::nullopt;
};

// The certificate gate with everything it needs: the trust of the remote domain's rule, its
// exception, the verification, the decision. Used when a stream is negotiated, when it is judged
// again, and to explain. No I/O, no clock.
PeerAssessment assess_peer(const Snapshot& snapshot, const PeerEvidence& evidence,
                           const DomainName& local, const DomainName& remote,
                           std::chrono::sys_seconds now);

// The part of assess_peer() for which no peer is needed: may these two domains speak to each other
// at all?
policy::Decision assess_federation(const policy::Config& config, const DomainName& local,
                                   const DomainName& remote, std::chrono::sys_seconds now);

// Judges a client by [policy] forward_secrecy and its certificate by the rules of [c2s].
PeerAssessment assess_client(const Snapshot& snapshot, const PeerEvidence& evidence,
                             const DomainName& local, std::chrono::sys_seconds now);

// Whether the end that showed `chain` is the backend of `host`, by its pinned keys: the refusal if
// it is not, else nullopt.
std::optional<policy::Refusal> assess_backend(const Snapshot& snapshot, const policy::Host& host,
                                              const certs::PresentedChain& chain);

}  // namespace portcullis::relay
