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

}  // namespace

std::vector<Refusal>& Standing::doubts(Place place) {
  return place == Place::kNear ? near_doubts_ : far_doubts_;
}

void Standing::begin_attempt(bool calls_peer) {
  far_doubts_.clear();
  if (calls_peer) certified_ = false;
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
      excepted_ = std::move(decision);
      break;
    case Verdict::kAccepted:
      break;
  }
  return session::PeerAccepted{};
}

Judgement Standing::keep_peer(Place place, PeerAssessment assessment) {
  auto judgement = keep(place, std::move(assessment.decision));
  if (std::holds_alternative<session::PeerAccepted>(judgement)) {
    expires_ = assessment.expires;
    certified_ = true;
  }
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
  if (all.empty()) return excepted_.value_or(policy::Decision{});
  decision.verdict = Verdict::kWouldReject;
  decision.refusal = std::move(all.front());
  all.erase(all.begin());
  return decision;
}

Standing::Review Standing::review(const Snapshot& newer, const StreamPair& pair,
                                  const PeerEvidence& evidence,
                                  std::chrono::sys_seconds now) const {
  const auto& config = newer.config();
  Review review{std::nullopt, expires_};
  const auto decide = [&review](const policy::Decision& decision) {
    if (!review.lost && decision.verdict == Verdict::kRejected) review.lost = decision.refusal;
  };
  if (config.host_for(pair.local) == nullptr) {
    review.lost = policy::refuse(Reason::kHostUnknown, {{"domain", pair.local.text()}});
    return review;
  }
  if (!pair.remote) {
    decide(assess_client(newer, evidence, pair.local, now));
    return review;
  }
  if (certified_) {
    const auto assessment = assess_peer(newer, evidence, pair.local, *pair.remote, now);
    review.expires = assessment.expires;
    decide(assessment.decision);
  } else {
    decide(assess_federation(config, pair.local, *pair.remote, now));
  }
  // What was only observed may be enforced now. An exception that was added since does not help
  // this stream, because it was never authenticated: it helps the next one.
  auto doubts = near_doubts_;
  doubts.insert(doubts.end(), far_doubts_.begin(), far_doubts_.end());
  decide(policy::judge_faults(config, *pair.remote, std::move(doubts), now));
  return review;
}

}  // namespace portcullis::relay
