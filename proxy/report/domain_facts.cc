#include "proxy/report/domain_facts.h"

#include <algorithm>

#include "policy/reasons/reason.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

Proof proof_of(const DecisionLine& line) {
  if (line.kind != StreamKind::kS2sOutbound) return Proof::kClaimed;
  const bool by_dns = line.found == FoundBy::kSrv || line.found == FoundBy::kFallback;
  return by_dns && line.rule.empty() ? Proof::kProved : Proof::kCalled;
}

void keep_key(Facts& facts, const DecisionLine& line) {
  if (!line.key) return;
  const auto known = std::find_if(facts.keys.begin(), facts.keys.end(),
                                  [&](const ShownKey& one) { return one.key == *line.key; });
  if (known != facts.keys.end()) {
    if (!line.time || !known->last || *line.time > *known->last) known->last = line.time;
  } else if (facts.keys.size() < Facts::kMostKeys)
    facts.keys.push_back({*line.key, line.time});
  else
    facts.more_keys = true;
}

// The least version of TLS that there is for anybody.
bool lacks_tls12(const DecisionLine& line) {
  return line.reason == policy::Reason::kTlsVersionTooLow && line.tls < TlsVersion::kTls12;
}

void keep(Facts& facts, const DecisionLine& line) {
  switch (line.verdict) {
    case policy::Verdict::kAccepted:
      if (line.time && (!facts.accepted || *line.time > *facts.accepted))
        facts.accepted = line.time;
      return;
    case policy::Verdict::kExcepted:
      return facts.excepted[*line.reason].add(line.time);
    case policy::Verdict::kWouldReject:
    case policy::Verdict::kRejected:
      break;
  }
  facts.refused[*line.reason].add(line.time);
  for (const auto reason : line.also) facts.also[reason].add(line.time);
  facts.below_tls12 = facts.below_tls12 || lacks_tls12(line);
  keep_key(facts, line);
}

}  // namespace

void DomainFacts::add(const DecisionLine& line) {
  if (line.kind == StreamKind::kC2s) return;
  if (line.reason && policy::fault_of(*line.reason, line.kind) != policy::Fault::kPeer) return;
  const auto domain = remote_domain(line);
  if (!is_domain_name(domain)) return;
  if (auto* const facts = facts_of(proof_of(line), domain)) keep(*facts, line);
}

const Facts* DomainFacts::find(Proof proof, const std::string& domain) const {
  const auto& all = domains(proof);
  const auto found = all.find(domain);
  return found != all.end() ? &found->second : nullptr;
}

Facts* DomainFacts::facts_of(Proof proof, const std::string& domain) {
  const auto index = static_cast<std::size_t>(proof);
  auto& all = domains_[index];
  const auto found = all.find(domain);
  if (found != all.end()) return &found->second;
  if (all.size() < max_domains_) return &all[domain];
  ++further_[index];
  return nullptr;
}

}  // namespace portcullis::report
