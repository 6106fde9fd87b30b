#include "proxy/relay/standing.h"

#include <algorithm>
#include <iterator>

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Refusal;
using policy::Verdict;

// No server has more components than this. Each pair costs a line in the log.
constexpr std::size_t kMaxMorePairs = 100;

Refusal unknown(const DomainName& local) {
  return policy::refuse(Reason::kHostUnknown, {{"domain", local.a_label()}});
}

// Whether `pair.local` is still served for such streams, by the backend that showed `backend`. A
// leg in the clear between servers is one of a stream that is only observed, or one of dialback,
// which does not do where certificates are demanded now.
std::optional<Refusal> judge_home(const Snapshot& by, const StreamPair& pair, bool by_dialback,
                                  const certs::PresentedChain& backend) {
  const auto* const host = by.config().host_for(pair.local);
  if (host == nullptr) return unknown(pair.local);
  if (!(pair.remote ? host->backend.s2s : host->backend.c2s)) return unknown(pair.local);
  if (by_dialback) {
    if (host->backend.s2s_auth == policy::BackendAuth::kDialback) return std::nullopt;
    return policy::refuse(Reason::kBackendChanged);
  }
  const bool must_show = backend.leaf || (!pair.remote && host->backend.has_client_tls());
  if (!must_show || by.backend_keys(*host) == nullptr) return std::nullopt;
  auto refusal = assess_backend(by, *host, backend);
  // It was the backend when the stream began, so it is the configuration that has changed.
  if (refusal && refusal->reason == Reason::kNotTheBackend)
    return policy::refuse(Reason::kBackendChanged);
  return refusal;
}

}  // namespace

std::optional<Refusal> forbidden_by(const SnapshotPtr& newest, const StreamPair& pair,
                                    std::chrono::sys_seconds now) {
  if (newest == nullptr || !pair.remote) return std::nullopt;
  auto decision = assess_federation(newest->config(), pair.local, *pair.remote, now);
  if (decision.verdict != Verdict::kRejected) return std::nullopt;
  return std::move(decision.refusal);
}

std::vector<Refusal>& Standing::doubts(Place place) {
  return place == Place::kNear ? near_doubts_ : far_doubts_;
}

void Standing::begin_attempt(bool calls_peer) {
  far_doubts_.clear();
  if (!calls_peer) return;
  certified_ = false;
  identified_ = false;
  known_ = Known{.client_verified = known_.client_verified};
}

Judgement Standing::keep(Place place, policy::Decision decision) {
  switch (decision.verdict) {
    case Verdict::kRejected:
      return session::PeerRefused{std::move(*decision.refusal)};
    case Verdict::kWouldReject: {
      auto& found = doubts(place);
      found.push_back(std::move(*decision.refusal));
      std::move(decision.further.begin(), decision.further.end(), std::back_inserter(found));
      return session::PeerObserved{};
    }
    case Verdict::kExcepted:
      known_.excepted = std::move(decision);
      break;
    case Verdict::kAccepted:
      break;
  }
  return session::PeerAccepted{};
}

Judgement Standing::keep_peer(Place place, PeerAssessment assessment) {
  auto judgement = keep(place, std::move(assessment.decision));
  if (auto* const accepted = std::get_if<session::PeerAccepted>(&judgement)) {
    known_.expires = assessment.expires;
    certified_ = true;
    identified_ = assessment.identified;
    known_.pinned = assessment.pinned;
    accepted->identified = assessment.identified;
  }
  return judgement;
}

Judgement Standing::keep_client(Place place, PeerAssessment assessment) {
  const auto expires = assessment.expires;
  known_.client_verified = assessment.verified;
  auto judgement = keep(place, std::move(assessment.decision));
  if (std::holds_alternative<session::PeerAccepted>(judgement)) known_.expires = expires;
  return judgement;
}

void Standing::doubt(Place place, Refusal refusal) {
  doubts(place).push_back(std::move(refusal));
}

// The other pair must be observed, too, and its local domain must be on the same backend.
Standing::Admission Standing::admit(const policy::Config& config, const StreamPair& own,
                                    const DomainName& local, const DomainName& remote) {
  const auto* const home = config.host_for(own.local);
  if (config.host_for(local) != home || config.host_for(remote) != nullptr ||
      !policy::observes(config, remote))
    return Admission::kRefused;
  const auto pair = std::pair(local, remote);
  if (std::find(more_pairs_.begin(), more_pairs_.end(), pair) != more_pairs_.end())
    return Admission::kKnown;
  if (more_pairs_.size() == kMaxMorePairs) return Admission::kRefused;
  more_pairs_.push_back(pair);
  return Admission::kNew;
}

policy::Decision Standing::outcome() const {
  policy::Decision decision;
  auto& all = decision.further;
  all = near_doubts_;
  all.insert(all.end(), far_doubts_.begin(), far_doubts_.end());
  if (all.empty()) return known_.excepted.value_or(policy::Decision{});
  decision.verdict = Verdict::kWouldReject;
  decision.refusal = std::move(all.front());
  all.erase(all.begin());
  return decision;
}

Authentication Standing::authentication(StreamKind kind, bool encrypted) const {
  if (kind == StreamKind::kC2s)
    return known_.client_verified ? Authentication::kClientCertificate : Authentication::kLogin;
  if (!encrypted) return Authentication::kPlain;
  if (known_.observed || !near_doubts_.empty() || !far_doubts_.empty())
    return Authentication::kObserved;
  if (known_.excepted) return Authentication::kExcepted;
  if (by_key_) return Authentication::kDialbackCertified;
  return known_.pinned ? Authentication::kPinned : Authentication::kExternal;
}

Refusal Standing::beside_exception(Refusal refusal) const {
  if (!known_.excepted || refusal.reason != Reason::kExternalNotOffered) return refusal;
  std::string detail =
      "the exception for it waives what is wrong with its certificate, and cannot make it accept "
      "ours";
  if (refusal.arguments)
    for (const auto& [name, value] : *refusal.arguments)
      if (name == "detail") detail += "; " + value;
  return policy::refuse(refusal.reason, {{"detail", detail}});
}

std::vector<std::pair<DomainName, DomainName>> Standing::pairs_of(const StreamPair& own) const {
  std::vector<std::pair<DomainName, DomainName>> pairs{{own.local, *own.remote}};
  pairs.insert(pairs.end(), more_pairs_.begin(), more_pairs_.end());
  return pairs;
}

// Who has to end only because the backend's key has changed may wait for its turn. So that reason
// comes last: nobody may wait who is forbidden for another one.
Standing::Review Standing::review(const Snapshot& by, const StreamPair& pair,
                                  const StreamEvidence& evidence,
                                  std::chrono::sys_seconds now) const {
  auto home = judge_home(by, pair, by_dialback_, evidence.backend);
  // It was another server's when the stream began. Now it is ours, and nobody else speaks for it.
  if (!evidence.other_backend && pair.remote)
    for (const auto& [local, remote] : pairs_of(pair))
      if (by.config().host_for(remote) != nullptr) return {unknown(remote), known_};
  if (evidence.other_backend && (!home || home->reason == Reason::kBackendChanged))
    if (auto other = judge_home(by, {*pair.remote, pair.local}, false, *evidence.other_backend))
      home = std::move(other);
  if (home && home->reason != Reason::kBackendChanged) return {std::move(home), known_};
  auto review = review_peer(by, pair, evidence.peer, now);
  if (!review.lost) review.lost = std::move(home);
  return review;
}

Standing::Review Standing::review_peer(const Snapshot& by, const StreamPair& pair,
                                       const PeerEvidence& peer,
                                       std::chrono::sys_seconds now) const {
  const auto& config = by.config();
  Review review{std::nullopt, known_};
  auto& known = review.known;
  known.excepted.reset();
  known.observed = false;
  const auto decide = [&](const policy::Decision& decision) {
    if (!review.lost && decision.verdict == Verdict::kRejected) review.lost = decision.refusal;
    if (decision.verdict == Verdict::kWouldReject) known.observed = true;
  };
  if (!pair.remote) {
    const auto assessment = assess_client(by, peer, pair.local, now);
    known.expires = assessment.expires;
    known.client_verified = assessment.verified;
    decide(assessment.decision);
    return review;
  }
  if (certified_) {
    const auto assessment = assess_peer(by, peer, pair.local, *pair.remote, now);
    known.expires = assessment.expires;
    known.pinned = assessment.pinned;
    if (assessment.decision.verdict == Verdict::kExcepted) known.excepted = assessment.decision;
    decide(assessment.decision);
  }
  // What was only observed may be enforced now. An exception that was added since does not help
  // this stream, because it was never authenticated: it helps the next one.
  auto doubts = near_doubts_;
  doubts.insert(doubts.end(), far_doubts_.begin(), far_doubts_.end());
  for (const auto& [local, remote] : pairs_of(pair)) {
    if (config.host_for(local) == nullptr && !review.lost) review.lost = unknown(local);
    decide(assess_federation(config, local, remote, now));
    decide(policy::judge_faults(config, remote, doubts, now));
  }
  return review;
}

void Standing::adopt(Review review) {
  known_ = std::move(review.known);
}

}  // namespace portcullis::relay
