#include "proxy/net/server_lookup.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "proxy/net/address_records.h"
#include "proxy/net/srv_rdata.h"

namespace portcullis::net {
namespace {

constexpr std::uint16_t kDefaultPort = 5269;  // RFC 6120 section 14.7
constexpr std::size_t kMaxDescribedTargets = 3;

DnsAnswer no_answer() {
  return {DnsAnswer::Outcome::kNotInTime, {}, "no answer"};
}

SrvAnswer service_answer(TlsEntry entry, const DnsAnswer& answer) {
  SrvAnswer out;
  out.entry = entry;
  switch (answer.outcome) {
    case DnsAnswer::Outcome::kFailed:
    case DnsAnswer::Outcome::kNotInTime:
      out.outcome = SrvAnswer::Outcome::kFailed;
      break;
    case DnsAnswer::Outcome::kNoRecords:
      out.outcome = SrvAnswer::Outcome::kNoRecords;
      break;
    case DnsAnswer::Outcome::kRecords:
      out.outcome = SrvAnswer::Outcome::kRecords;
      for (const std::string& rdata : answer.rdata)
        if (auto record = parse_srv_rdata(rdata)) out.records.push_back(std::move(*record));
      break;
  }
  return out;
}

bool has_failed(const DnsAnswer& answer) {
  return answer.outcome == DnsAnswer::Outcome::kFailed ||
         answer.outcome == DnsAnswer::Outcome::kNotInTime;
}

bool is_late(const DnsAnswer& answer) {
  return answer.outcome == DnsAnswer::Outcome::kNotInTime;
}

}  // namespace

ServerLookup::ServerLookup(Loop& loop, std::weak_ptr<DnsClient> client, RandomUpTo random,
                           const DomainName& remote, std::chrono::milliseconds at_most,
                           std::function<void(Candidates)> done)
    : loop_(loop),
      client_(std::move(client)),
      random_(std::move(random)),
      remote_(remote),
      done_(std::move(done)),
      direct_{"_xmpps-server._tcp." + remote.a_label(), DnsType::kSrv, no_answer(), {}},
      starttls_{"_xmpp-server._tcp." + remote.a_label(), DnsType::kSrv, no_answer(), {}},
      began_(loop.now()),
      ends_(began_ + at_most),
      round_timer_(loop, [this] { round_over(); }) {
  if (const auto resolver = client_.lock()) answered_before_ = resolver->answered();
  round_began_ = began_;
  ask(direct_);
  ask(starttls_);
  begin_round(at_most * 2 / 3);
}

void ServerLookup::ask(Question& question) {
  if (const auto client = client_.lock())
    question.query = client->ask(question.name, question.type, [this, &question](DnsAnswer answer) {
      take(question, std::move(answer));
    });
  if (question.query != nullptr)
    ++unanswered_;
  else
    question.answer = {DnsAnswer::Outcome::kFailed, {}, "it could not be asked"};
}

void ServerLookup::take(Question& question, DnsAnswer answer) {
  const auto now = loop_.now();
  if (answer.outcome == DnsAnswer::Outcome::kFailed && now - round_began_ >= kSlowFailure)
    answer.outcome = DnsAnswer::Outcome::kNotInTime;
  question.answer = std::move(answer);
  if (--unanswered_ == 0) return round_over();
  if (question.answer.outcome != DnsAnswer::Outcome::kRecords) return;
  round_ends_ = std::min(round_ends_, now + kGrace);
  round_timer_.start(round_ends_ - now);
}

void ServerLookup::begin_round(std::chrono::milliseconds time) {
  // If there is nothing to wait for, the timer ends the round, too: `done` must never be called
  // from inside the call that started the look-up.
  if (unanswered_ == 0) time = std::chrono::milliseconds(0);
  round_ends_ = round_began_ + time;
  round_timer_.start(time);
}

void ServerLookup::round_over() {
  unanswered_ = 0;
  round_timer_.stop();
  if (targets_.empty())
    services_known();
  else
    addresses_known();
}

void ServerLookup::services_known() {
  direct_.query.reset();
  starttls_.query.reset();
  const SrvPlan plan = order_srv({service_answer(TlsEntry::kDirectTls, direct_.answer),
                                  service_answer(TlsEntry::kStartTls, starttls_.answer)},
                                 kMaxTargets, random_);
  switch (plan.verdict) {
    case SrvPlan::Verdict::kTargets:
      return start_targets(plan.targets);
    case SrvPlan::Verdict::kUnsure:
      unsure_ = true;
      return fall_back();
    case SrvPlan::Verdict::kFallback:
      return fall_back();
    case SrvPlan::Verdict::kNoService:
      return give_up(policy::Reason::kNoSuchService);
    case SrvPlan::Verdict::kFailed:
      return give_up(policy::Reason::kDnsFailed);
  }
}

void ServerLookup::fall_back() {
  found_by_ = FoundBy::kFallback;
  start_targets({{remote_, kDefaultPort, TlsEntry::kStartTls}});
}

void ServerLookup::start_targets(const std::vector<SrvTarget>& targets) {
  targets_.reserve(targets.size());  // callbacks hold references to the questions
  for (const SrvTarget& where : targets)
    targets_.push_back({where,
                        {where.host.a_label(), DnsType::kAaaa, no_answer(), {}},
                        {where.host.a_label(), DnsType::kA, no_answer(), {}}});
  round_began_ = loop_.now();
  for (Target& target : targets_) {
    ask(target.v6);
    ask(target.v4);
  }
  begin_round(std::max(ends_ - round_began_, std::chrono::milliseconds(0)));
}

void ServerLookup::addresses_known() {
  std::vector<Candidate> candidates;
  bool failed = false;
  for (Target& target : targets_) {
    target.v6.query.reset();
    target.v4.query.reset();
    failed |= has_failed(target.v6.answer) || has_failed(target.v4.answer);
    const auto port = target.where.port;
    for (const auto& address : interleave(addresses_from(target.v6.answer, DnsType::kAaaa, port),
                                          addresses_from(target.v4.answer, DnsType::kA, port)))
      if (candidates.size() < kMaxCandidates)
        candidates.push_back({address, target.where.entry, found_by_});
  }
  if (candidates.empty())
    return give_up(failed || unsure_ ? policy::Reason::kDnsFailed : policy::Reason::kNoSuchService);
  Candidates found;
  if (unsure_)
    found = UnsureCandidates{std::move(candidates), explain(policy::Reason::kDnsFailed)};
  else
    found = std::move(candidates);
  const auto done = std::move(done_);  // may destroy this look-up
  done(std::move(found));
}

bool ServerLookup::is_late() const {
  return net::is_late(direct_.answer) || net::is_late(starttls_.answer) ||
         std::any_of(targets_.begin(), targets_.end(), [](const Target& target) {
           return net::is_late(target.v6.answer) || net::is_late(target.v4.answer);
         });
}

std::string ServerLookup::describe() const {
  const auto service = [](const Question& question) {
    const bool refused = question.answer.outcome == DnsAnswer::Outcome::kRecords;
    return question.name + " SRV: " + (refused ? "no usable target" : question.answer.status);
  };
  std::string text = service(direct_) + "; " + service(starttls_);
  for (std::size_t i = 0; i < targets_.size() && i < kMaxDescribedTargets; ++i)
    text += "; " + targets_[i].where.host.a_label() + " AAAA: " + targets_[i].v6.answer.status +
            ", A: " + targets_[i].v4.answer.status;
  if (targets_.size() > kMaxDescribedTargets) text += "; ...";
  return text;
}

// Tells a resolver that is slow or dead from name servers of one domain that are.
std::string ServerLookup::describe_wait() const {
  std::string text = "given up after " + std::to_string((loop_.now() - began_).count()) + " ms";
  const auto resolver = client_.lock();
  if (resolver != nullptr && resolver->answered() == answered_before_)
    text += ", in which our resolver answered nothing at all";
  return text;
}

// A resolver that is down and one that says SERVFAIL look the same from here, so it is always
// named.
std::string ServerLookup::describe_resolver() const {
  const auto resolver = client_.lock();
  if (resolver == nullptr) return {};
  if (resolver->answered() > 0) return resolver->asked();
  return resolver->asked() + "; nothing has been answered since the start";
}

NoCandidates ServerLookup::explain(policy::Reason reason) const {
  if (reason != policy::Reason::kDnsFailed) return {reason, describe(), {}};
  if (!is_late()) return {reason, describe(), describe_resolver()};
  return {policy::Reason::kDnsTimeout, describe_wait() + ": " + describe(), describe_resolver()};
}

void ServerLookup::give_up(policy::Reason reason) {
  auto why = explain(reason);
  const auto done = std::move(done_);  // may destroy this look-up
  done(std::move(why));
}

}  // namespace portcullis::net
