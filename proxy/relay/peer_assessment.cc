#include "proxy/relay/peer_assessment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "certs/names/host_name.h"
#include "certs/names/presented_names.h"
#include "certs/verify/exception.h"
#include "certs/verify/verify.h"
#include "certs/x509/spki_pin.h"
#include "policy/decide/neighbours_gate.h"

namespace portcullis::relay {
namespace {

// Whether a certificate of this client has to be looked at.
bool is_asked_for(const Snapshot& snapshot, const certs::PresentedChain& chain) {
  if (snapshot.client_trust() == nullptr) return false;
  return chain.leaf != nullptr ||
         snapshot.config().c2s.client_certificate == policy::ClientCertificate::kRequired;
}

}  // namespace

policy::Decision assess_federation(const policy::Config& config, const DomainName& local,
                                   const DomainName& remote, std::chrono::sys_seconds now) {
  if (config.host_for(remote) != nullptr) return policy::neighbours_gate(config, local, remote);
  if (!remote.is_unambiguous())
    return policy::judge_faults(
        config, remote,
        {policy::refuse(policy::Reason::kNameAmbiguous, {{"detail", remote.ambiguity()}})}, now);
  if (!config.is_local_only(local) && config.federates_with(remote)) return {};
  return policy::judge_faults(
      config, remote,
      {policy::refuse(policy::Reason::kFederationDenied, {{"domain", remote.a_label()}})}, now);
}

namespace {

// Where revocation must be known, it is known as long as the lists are current. Those that are over
// already were found out to be of no use for this peer, or needless.
std::chrono::sys_seconds lists_expire(const PeerTrust& trust, std::chrono::sys_seconds now) {
  auto first = std::chrono::sys_seconds::max();
  if (trust.policy.revocation != policy::Revocation::kCrlHard || trust.crls == nullptr)
    return first;
  for (const auto& list : trust.crls->currency())
    if (list.next_update >= now) first = std::min(first, list.next_update);
  return first;
}

}  // namespace

PeerAssessment assess_peer(const Snapshot& snapshot, const PeerEvidence& evidence,
                           const DomainName& local, const DomainName& remote,
                           std::chrono::sys_seconds now) {
  const auto& config = snapshot.config();
  if (config.is_local_only(local) || !remote.is_unambiguous())
    return {assess_federation(config, local, remote, now)};

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
    assessment.verified = true;
    assessment.expires = std::min(result->expires, lists_expire(trust, now));
    assessment.pinned = result->pinned;
  } else {
    assessment.depth = result.error().depth;
    found.certificate = std::move(result.error().refusal);
  }
  assessment.decision = policy::certificate_gate(config, found, now);
  const auto verdict = assessment.decision.verdict;
  assessment.identified = verdict == policy::Verdict::kAccepted ||
                          (verdict == policy::Verdict::kExcepted &&
                           certs::is_pinned(evidence.chain, policy.exception->pins));
  if (verdict == policy::Verdict::kExcepted)
    assessment.expires = std::min(assessment.expires, policy.exception->last_second());
  return assessment;
}

PeerAssessment assess_client(const Snapshot& snapshot, const PeerEvidence& evidence,
                             const DomainName& local, std::chrono::sys_seconds now) {
  const auto& config = snapshot.config();
  PeerAssessment assessment;
  policy::Faults faults;
  if (config.forward_secrecy && !evidence.forward_secrecy)
    faults.standing.push_back(policy::refuse(policy::Reason::kTlsNoForwardSecrecy));
  if (is_asked_for(snapshot, evidence.chain)) {
    const auto& trust = *snapshot.client_trust();
    auto result = certs::verify_peer(
        {evidence.chain, *trust.anchors, local, certs::PeerRole::kInitiating, trust.policy, now});
    if (result) {
      assessment.verified = true;
      assessment.expires = result->expires;
    } else {
      faults.standing.push_back(std::move(result.error().refusal));
    }
  }
  if (!faults.standing.empty())
    faults.standing.front() = policy::with_help(config, std::move(faults.standing.front()));
  assessment.decision = policy::decide(config.c2s.mode, std::move(faults));
  return assessment;
}

namespace {

constexpr std::size_t kLongestName = 100;  // the sentence has more to say

// " (portcullis.toml:14)" where a file says which certificates are the backend's.
std::string line_of_pin(const policy::Config& config, const policy::Host& host) {
  for (std::size_t i = 0; i < config.hosts.size(); ++i) {
    if (&config.hosts[i] != &host) continue;
    const auto found = config.lines.find("host[" + std::to_string(i) + "].backend.certificate");
    if (found == config.lines.end()) return {};
    return " (" + found->second.file + ":" + std::to_string(found->second.line) + ")";
  }
  return {};
}

// The first name in a certificate that is not for the host's domain; else empty.
std::string whose_instead(const policy::Host& host, const X509* leaf) {
  const auto names = certs::read_presented_names(leaf);
  if (!names || names->dns_ids.empty()) return {};
  const auto& domain = host.domain.a_label();
  const auto& all = names->dns_ids;
  if (std::any_of(all.begin(), all.end(),
                  [&](const auto& one) { return certs::matches_host_name(one, domain); }))
    return {};
  return policy::printable(all.front(), kLongestName);
}

// A server that has no certificate for one of its domains shows that of another one. Its operator
// would look for a stranger, or pin that key, if he read no more than that it is not the pinned
// one.
std::string lacks_a_certificate(const Snapshot& snapshot, const policy::Host& host, X509* leaf,
                                const std::string& instead) {
  const auto& domain = host.domain.a_label();
  const auto& hosts = snapshot.config().hosts;
  const bool is_ours = std::any_of(hosts.begin(), hosts.end(), [&](const auto& other) {
    const auto* const keys = &other == &host ? nullptr : snapshot.backend_keys(other);
    return keys != nullptr && keys->pinned.match(leaf);
  });
  return (is_ours ? "your server has no certificate for "
                  : "if this is your server, it has no certificate for ") +
         domain + ": it showed that of " + instead + "; give it one for " + domain +
         ", and have it in " + host.backend.certificate + line_of_pin(snapshot.config(), host) +
         "; the key shown is " + certs::spki_pin_text(leaf);
}

std::string why_not_the_backend(const Snapshot& snapshot, const policy::Host& host, X509* leaf) {
  if (leaf == nullptr) return "no certificate was shown";
  if (const auto instead = whose_instead(host, leaf); !instead.empty())
    return lacks_a_certificate(snapshot, host, leaf, instead);
  const auto& config = snapshot.config();
  const auto shown = "; the key shown is " + certs::spki_pin_text(leaf);
  const auto file = host.backend.certificate + line_of_pin(config, host);
  if (host.backend.shares_certificate())
    return "the certificate shown has no key of one that is served here, nor of one in " + file +
           "; reload your server after a renewal" + shown;
  return "the certificate shown is not one of those in " + file +
         "; if your server has a new one, copy it there" + shown;
}

}  // namespace

std::optional<policy::Refusal> assess_backend(const Snapshot& snapshot, const policy::Host& host,
                                              const certs::PresentedChain& chain) {
  const auto* const keys = snapshot.backend_keys(host);
  if (keys == nullptr) return policy::refuse(policy::Reason::kInternalError);
  if (chain.leaf && keys->pinned.match(chain.leaf.get())) return std::nullopt;
  return policy::refuse(policy::Reason::kNotTheBackend,
                        {{"domain", host.domain.a_label()},
                         {"detail", why_not_the_backend(snapshot, host, chain.leaf.get())}});
}

}  // namespace portcullis::relay
