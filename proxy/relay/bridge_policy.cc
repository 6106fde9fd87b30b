// The parts of a bridge that hold its stream against the policy once it is negotiated.

#include <algorithm>

#include "certs/x509/certificate_text.h"
#include "proxy/relay/bridge.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Refusal;
using policy::Verdict;
using telemetry::Metrics;

// More than any server has components; each costs a line of the log.
constexpr std::size_t kMaxMorePairs = 100;

}  // namespace

// What let the stream through: nothing to say, an exception, or that it is only observed.
policy::Decision Bridge::outcome() const {
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

// One stream may carry several pairs when it is not authenticated by us (XEP-0220 section 2.3):
// they must be observed too, and live on the same backend. Each is written down once.
bool Bridge::admit(const DomainName& from, const DomainName& to, bool remote_is_from) {
  const auto& remote = remote_is_from ? from : to;
  const auto& local = remote_is_from ? to : from;
  const auto& home = *config().host_for(wanted_->local);
  if (config().host_for(local) != &home || config().host_for(remote) != nullptr ||
      !policy::observes(config(), remote))
    return false;
  const auto pair = std::pair(local, remote);
  if (std::find(more_pairs_.begin(), more_pairs_.end(), pair) != more_pairs_.end()) return true;
  if (more_pairs_.size() == kMaxMorePairs) return false;
  more_pairs_.push_back(pair);
  const auto policy = policy::remote_policy(config(), remote, services_.scheduler.wall_clock());
  const bool inbound = record_.kind() == StreamKind::kS2sInbound;
  record_.also_observed(inbound ? remote : local, inbound ? local : remote, policy.pattern,
                        outcome());
  return true;
}

LegEnd& Bridge::wan() {
  return side(*near_) == Side::kWan ? *near_ : *far_;
}

void Bridge::rejudge(SnapshotPtr newer) {
  newest_ = std::move(newer);
  if (!record_.is_established() || !far_ || near_->transport().closing()) return;
  const auto lost = lost_by(*newest_);
  if (!lost) {
    if (watch_) watch_->start(until_next_watch());
    return;
  }
  record_.ending(Metrics::End::kError, std::string(policy::id(lost->reason)) + " (judged again)");
  wan().dispatch(session::InputRefused{*lost, "policy-violation"});
}

std::optional<Refusal> Bridge::lost_by(const Snapshot& newer) {
  const auto now = services_.scheduler.wall_clock();
  const auto& config = newer.config();
  if (config.host_for(wanted_->local) == nullptr)
    return policy::refuse(Reason::kHostUnknown, {{"domain", wanted_->local.text()}});
  policy::Decision decision;
  if (!wanted_->remote) {
    decision = assess_client(newer, wan().transport().peer_chain(), wanted_->local, now);
  } else if (peer_certified_) {
    auto assessment = assess_peer(newer, evidence_of(wan()), wanted_->local, *wanted_->remote, now);
    expires_ = assessment.expires;
    decision = std::move(assessment.decision);
  } else {
    decision = assess_federation(config, wanted_->local, *wanted_->remote, now);
  }
  if (decision.verdict == Verdict::kRejected) return decision.refusal;
  if (!wanted_->remote) return std::nullopt;
  const auto passed = outcome();
  if (passed.verdict != Verdict::kWouldReject) return std::nullopt;
  decision = policy::judge_fault(config, *wanted_->remote, *passed.refusal, now);
  return decision.verdict == Verdict::kRejected ? decision.refusal : std::nullopt;
}

// RFC 6120 section 13.7.2.3: the peer comes back with its new certificate, or is told why not.
void Bridge::close_expired() {
  const auto refusal = policy::refuse(Reason::kExpired, {{"date", certs::date_text(expires_)}});
  record_.ending(Metrics::End::kError, std::string(policy::id(refusal.reason)));
  wan().dispatch(session::InputRefused{policy::with_help(config(), refusal), "reset"});
}

}  // namespace portcullis::relay
