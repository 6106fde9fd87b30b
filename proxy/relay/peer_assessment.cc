#include "proxy/relay/peer_assessment.h"

#include <utility>

#include "certs/verify/exception.h"
#include "certs/verify/verify.h"

namespace portcullis::relay {
namespace {

// What is wrong with the certificate of a client, if one is asked for.
std::optional<policy::Refusal> certificate_fault(const Snapshot& snapshot,
                                                 const certs::PresentedChain& chain,
                                                 const DomainName& local,
                                                 std::chrono::sys_seconds now) {
  const PeerTrust* const trust = snapshot.client_trust();
  const bool required =
      snapshot.config().c2s.client_certificate == policy::ClientCertificate::kRequired;
  if (trust == nullptr || (!chain.leaf && !required)) return std::nullopt;
  auto result = certs::verify_peer(
      {chain, *trust->anchors, local, certs::PeerRole::kInitiating, trust->policy, now});
  if (result) return std::nullopt;
  return std::move(result.error().refusal);
}

}  // namespace

policy::Decision assess_federation(const policy::Config& config, const DomainName& local,
                                   const DomainName& remote, std::chrono::sys_seconds now) {
  if (!config.is_local_only(local) && config.federates_with(remote)) return {};
  return policy::judge_faults(
      config, remote,
      {policy::refuse(policy::Reason::kFederationDenied, {{"domain", remote.text()}})}, now);
}

PeerAssessment assess_peer(const Snapshot& snapshot, const PeerEvidence& evidence,
                           const DomainName& local, const DomainName& remote,
                           std::chrono::sys_seconds now) {
  const auto& config = snapshot.config();
  if (config.is_local_only(local)) return {assess_federation(config, local, remote, now)};

  const auto policy = policy::remote_policy(config, remote, now);
  const auto& trust = snapshot.trust_for(policy);
  certs::Leniency leniency;
  if (policy.exception != nullptr) {
    leniency.allow = policy.exception->allow;
    leniency.pins = policy.exception->pins;
  }
  auto [result, waived] = certs::verify_leniently(
      {evidence.chain, *trust.anchors, remote, evidence.role, trust.policy, now}, leniency);
  policy::Evidence found{remote, evidence.tls_version, std::nullopt, std::move(waived),
                         evidence.forward_secrecy};
  PeerAssessment assessment;
  if (result) {
    assessment.expires = result->expires;
  } else {
    assessment.depth = result.error().depth;
    found.certificate = std::move(result.error().refusal);
  }
  assessment.decision = policy::certificate_gate(config, found, now);
  return assessment;
}

policy::Decision assess_client(const Snapshot& snapshot, const PeerEvidence& evidence,
                               const DomainName& local, std::chrono::sys_seconds now) {
  const auto& config = snapshot.config();
  policy::Faults faults;
  if (config.forward_secrecy && !evidence.forward_secrecy)
    faults.standing.push_back(policy::refuse(policy::Reason::kTlsNoForwardSecrecy));
  if (auto fault = certificate_fault(snapshot, evidence.chain, local, now))
    faults.standing.push_back(*std::move(fault));
  if (!faults.standing.empty())
    faults.standing.front() = policy::with_help(config, std::move(faults.standing.front()));
  return policy::decide(config.c2s.mode, std::move(faults));
}

}  // namespace portcullis::relay
