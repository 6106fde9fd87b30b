#include "proxy/probe/judgement.h"

#include <utility>

#include "policy/decide/remote_policy.h"
#include "proxy/relay/leg_profiles.h"
#include "proxy/relay/peer_assessment.h"

namespace portcullis::probe {
namespace {

using policy::Decision;
using policy::Reason;
using policy::Refusal;
using policy::Verdict;

class Judge {
 public:
  Judge(const relay::Snapshot& snapshot, const Subject& subject, std::chrono::sys_seconds now)
      : snapshot_(snapshot),
        subject_(subject),
        // Without a domain of ours only the other one counts.
        local_(subject.from ? *subject.from : subject.domain),
        now_(now) {}

  // What is wrong, and with whom nobody asks any further.
  Ruling without_address(const Refusal& why) const {
    return ruled(with(federation(), {why}), std::nullopt);
  }

  std::optional<Ruling> address(const Address& found) const {
    if (found.not_called) return without_address(*found.not_called);
    if (!found.seen) return std::nullopt;
    const auto& seen = *found.seen;
    std::optional<int> depth;
    Decision decision;
    if (!seen.tls) {
      decision = federation();
    } else {
      const relay::PeerEvidence evidence{copy(seen.tls->chain), seen.tls->facts.version,
                                         certs::PeerRole::kReceiving,
                                         seen.tls->facts.forward_secrecy};
      auto assessment = relay::assess_peer(snapshot_, evidence, local_, subject_.domain, now_);
      decision = std::move(assessment.decision);
      if (!meets_policy(decision)) depth = assessment.depth;
    }
    std::vector<Refusal> more;
    if (seen.failure) more.push_back(seen.failure->refusal);
    if (auto login = login_fault(seen)) more.push_back(*std::move(login));
    return ruled(with(std::move(decision), std::move(more)), depth);
  }

 private:
  const policy::Config& config() const { return snapshot_.config(); }

  // A domain of ours is asked as everybody else is.
  Decision federation() const {
    if (config().host_for(subject_.domain) != nullptr || !subject_.from) return {};
    return relay::assess_federation(config(), local_, subject_.domain, now_);
  }

  static certs::PresentedChain copy(const certs::PresentedChain& chain) {
    certs::PresentedChain copied;
    copied.leaf = certs::share(chain.leaf.get());
    for (const auto& one : chain.sent) copied.sent.push_back(certs::share(one.get()));
    copied.staple_asked = chain.staple_asked;
    copied.staple = chain.staple;
    return copied;
  }

  // What a stream of ours would be refused for, after the certificate was accepted.
  std::optional<Refusal> login_fault(const examine::Findings& seen) const {
    using examine::Login;
    if (seen.login != Login::kNotOffered && seen.login != Login::kDeclined) return std::nullopt;
    const bool by_dialback = seen.secured && seen.secured->dialback &&
                             relay::originates_dialback(config(), local_, subject_.domain);
    if (by_dialback) return std::nullopt;
    if (seen.login == Login::kNotOffered) return policy::refuse(Reason::kExternalNotOffered);
    return policy::refuse(Reason::kRefusedByPeer, {{"detail", seen.login_words}});
  }

  Decision with(Decision decision, std::vector<Refusal> more) const {
    if (more.empty()) return decision;
    if (meets_policy(decision))
      return policy::judge_faults(config(), subject_.domain, std::move(more), now_);
    for (auto& one : more) decision.further.push_back(std::move(one));
    const auto policy = policy::remote_policy(config(), subject_.domain, now_);
    decision.verdict = policy::verdict_under(policy.settings->mode, decision);
    return decision;
  }

  static Ruling ruled(Decision decision, std::optional<int> depth) {
    Ruling ruling{std::move(decision), depth};
    ruling.in_enforce = policy::verdict_under(policy::Mode::kEnforce, ruling.decision);
    ruling.in_observe = policy::verdict_under(policy::Mode::kObserve, ruling.decision);
    return ruling;
  }

  const relay::Snapshot& snapshot_;
  const Subject& subject_;
  const DomainName& local_;
  const std::chrono::sys_seconds now_;
};

// Only the other server has said anything on the stream that was examined.
bool is_of_the_peer(const Decision& decision) {
  using policy::Blame;
  if (!decision.refusal) return false;
  const auto blame = policy::info(decision.refusal->reason).blame;
  return blame == Blame::kPeer || blame == Blame::kReceivingEntity ||
         blame == Blame::kInitiatingEntity;
}

// Whether the policy has been asked, rather than that nobody was there to be judged.
bool is_judged(const Ruling& ruling) {
  return meets_policy(ruling.decision) || is_of_the_peer(ruling.decision);
}

bool is_for_admin(const Ruling& ruling) {
  if (meets_policy(ruling.decision) || !is_of_the_peer(ruling.decision)) return false;
  const auto reason = ruling.decision.refusal->reason;
  return reason != Reason::kFederationDenied && !policy::is_about_us(reason);
}

}  // namespace

bool meets_policy(const Decision& decision) {
  return decision.verdict == Verdict::kAccepted || decision.verdict == Verdict::kExcepted;
}

Judgement judge(const relay::Snapshot& snapshot, const Subject& subject, const Findings& findings,
                std::chrono::sys_seconds now) {
  const Judge judge(snapshot, subject, now);
  Judgement judgement;
  // The most telling one: it meets the policy, else it was judged, else whatever there is.
  const auto rank = [](const Ruling& ruling) {
    return meets_policy(ruling.decision) ? 2 : is_judged(ruling) ? 1 : 0;
  };
  for (const auto& address : findings.addresses) {
    auto ruling = judge.address(address);
    if (ruling) {
      if (!judgement.domain || rank(*ruling) > rank(*judgement.domain)) judgement.domain = *ruling;
      if (judgement.for_admin.empty() && is_for_admin(*ruling))
        judgement.for_admin = ruling->decision.refusal->text;
    }
    judgement.addresses.push_back(std::move(ruling));
  }
  // Where the way could not be looked up as a whole, that tells more than who was not there.
  const bool is_telling = judgement.domain && rank(*judgement.domain) > 0;
  if (!is_telling && findings.refusal)
    judgement.domain = judge.without_address(*findings.refusal);
  else if (!is_telling && findings.records && findings.records->refusal)
    judgement.domain = judge.without_address(*findings.records->refusal);
  if (!judgement.domain) return judgement;
  if (meets_policy(judgement.domain->decision))
    judgement.outcome = Outcome::kMet;
  else if (is_judged(*judgement.domain))
    judgement.outcome = Outcome::kNotMet;
  return judgement;
}

}  // namespace portcullis::probe
