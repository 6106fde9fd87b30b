#include "proxy/relay/stream_decisions.h"

#include <optional>
#include <utility>

namespace portcullis::relay {
namespace {

bool told_by_its_limit(policy::Reason reason) {
  return reason == policy::Reason::kRateLimited || reason == policy::Reason::kMemoryShort;
}

}  // namespace

StreamDecisions::StreamDecisions(const StreamBooks& books, const StreamPlan& plan,
                                 const StreamFacts& facts, RuleOf rule_of)
    : books_(books), plan_(plan), facts_(facts), rule_of_(std::move(rule_of)) {}

void StreamDecisions::note_also(const policy::Decision& decision) {
  if (decision.verdict == policy::Verdict::kRejected) further_ = decision.further;
}

void StreamDecisions::decided(const policy::Decision& decision) {
  tell({facts_.from, facts_.to, facts_.rule}, decision);
}

void StreamDecisions::refused(const policy::Refusal& refusal) {
  // A flood must not fill the log: telemetry::LimitHits tells about those that a limit refused
  // before they said for whom they come.
  if (told_by_its_limit(refusal.reason) && facts_.to.empty())
    return books_.metrics.policy.verdict(plan_.kind, policy::Verdict::kRejected, refusal.reason);
  decided({policy::Verdict::kRejected, refusal, std::move(further_)});
}

void StreamDecisions::also_observed(const DomainName& local, const DomainName& remote,
                                    const policy::Decision& decision) {
  const std::string rule = rule_of_(remote);
  if (plan_.calls_peer())
    tell({local.a_label(), remote.a_label(), rule}, decision);
  else
    tell({remote.a_label(), local.a_label(), rule}, decision);
}

void StreamDecisions::tell(const StreamNames& names, const policy::Decision& decision) {
  auto& metrics = books_.metrics.policy;
  std::optional<policy::Reason> reason;
  if (decision.refusal) reason = decision.refusal->reason;
  metrics.verdict(plan_.kind, decision.verdict, reason);
  if (!names.rule.empty()) metrics.rule_verdict(names.rule, decision.verdict, reason);
  write_decision(books_.log, facts_, names, decision);
  if (plan_.calls_peer())
    books_.clock.decided({std::string(names.to), facts_.shown.pin}, decision, books_.now());
}

}  // namespace portcullis::relay
