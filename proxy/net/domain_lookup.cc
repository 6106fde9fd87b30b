#include "proxy/net/domain_lookup.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "proxy/net/address_records.h"

namespace portcullis::net {
namespace {

using policy::Reason;
using Outcome = DnsAnswer::Outcome;

// RFC 6120 section 14.7.
constexpr std::uint16_t kServerPort = 5269;
constexpr std::uint16_t kClientPort = 5222;

const char* label_of(Clientele clientele, TlsEntry entry) {
  const bool direct = entry == TlsEntry::kDirectTls;
  if (clientele == Clientele::kClients)
    return direct ? "_xmpps-client._tcp." : "_xmpp-client._tcp.";
  return direct ? "_xmpps-server._tcp." : "_xmpp-server._tcp.";
}

bool has_failed(const DnsAnswer& answer) {
  return answer.outcome == Outcome::kFailed || answer.outcome == Outcome::kNotInTime;
}

std::vector<SrvRecord> records_of(const DnsAnswer& answer) {
  std::vector<SrvRecord> records;
  for (const auto& rdata : answer.rdata)
    if (auto record = parse_srv_rdata(rdata)) records.push_back(*std::move(record));
  std::stable_sort(records.begin(), records.end(),
                   [](const SrvRecord& a, const SrvRecord& b) { return a.priority < b.priority; });
  return records;
}

SrvAnswer srv_answer(TlsEntry entry, const DnsAnswer& answer) {
  if (has_failed(answer)) return {entry, SrvAnswer::Outcome::kFailed, {}};
  if (answer.outcome == Outcome::kNoRecords) return {entry, SrvAnswer::Outcome::kNoRecords, {}};
  return {entry, SrvAnswer::Outcome::kRecords, records_of(answer)};
}

bool is_signed(const DnsAnswer& answer) {
  return answer.is_signed.verdict == DnsSigned::Verdict::kYes;
}

}  // namespace

Result<std::unique_ptr<Resolver::Lookup>> survey_domain(Loop& loop, SurveyQuestion question,
                                                        std::function<void(DomainRecords)> done) {
  auto client = DnsClient::make(loop, question.servers, question.trust_anchors);
  if (!client) return tl::unexpected(std::move(client.error()));
  return std::make_unique<DomainLookup>(loop, std::move(question), *std::move(client),
                                        std::move(done));
}

DomainLookup::DomainLookup(Loop& loop, SurveyQuestion question, std::unique_ptr<DnsClient> client,
                           Done done)
    : question_(std::move(question)),
      client_(std::move(client)),
      done_(std::move(done)),
      ends_(loop.now() + question_.time),
      loop_(loop),
      timer_(loop, [this] { round_over(); }) {
  for (const auto entry : {TlsEntry::kDirectTls, TlsEntry::kStartTls})
    services_.push_back(
        {entry,
         {label_of(question_.clientele, entry) + question_.domain.a_label(), DnsType::kSrv}});
  for (auto& service : services_) ask(service.srv);
  // The first round leaves time for the second one.
  timer_.start(unanswered_ == 0 ? std::chrono::milliseconds(0) : question_.time * 2 / 3);
}

void DomainLookup::ask(Pending& pending) {
  pending.query = client_->ask(pending.name, pending.type, [this, &pending](DnsAnswer answer) {
    pending.answer = std::move(answer);
    if (--unanswered_ == 0) end_round_now();
  });
  if (pending.query != nullptr)
    ++unanswered_;
  else
    pending.answer = {Outcome::kFailed, {}, "it could not be asked", {}};
}

// Outside of the callback of a query, which destroying the survey would destroy.
void DomainLookup::end_round_now() {
  timer_.start(std::chrono::milliseconds(0));
}

void DomainLookup::round_over() {
  unanswered_ = 0;
  timer_.stop();
  if (asks_targets_)
    finish();
  else
    services_known();
}

namespace {

Asked asked_of(const std::string& name, const DnsAnswer& answer) {
  return {name, answer.status, has_failed(answer), answer.is_signed};
}

policy::Refusal refused(Reason reason, const DomainName& domain, const std::string& detail) {
  return policy::refuse(reason, {{"domain", domain.a_label()}, {"detail", detail}});
}

policy::Refusal not_looked_up(const DnsClient& client, const DomainName& domain,
                              const std::string& detail) {
  return policy::refuse(
      Reason::kDnsFailed,
      {{"domain", domain.a_label()}, {"detail", detail}, {"resolver", client.asked()}});
}

// "_xmpp-server._tcp.a.example SRV: SERVFAIL; ..."
std::string statuses(const std::vector<ServiceRecords>& services) {
  std::string text;
  for (const auto& service : services)
    text += (text.empty() ? "" : "; ") + service.asked.name + " SRV: " + service.asked.status;
  return text;
}

}  // namespace

void DomainLookup::services_known() {
  std::vector<SrvAnswer> answers;
  for (auto& service : services_) {
    service.srv.query.reset();
    const auto& answer = service.srv.answer;
    answers.push_back(srv_answer(service.entry, answer));
    auto records = answers.back().records;
    const std::size_t unreadable =
        answer.outcome == Outcome::kRecords ? answer.rdata.size() - records.size() : 0;
    records_.services.push_back(
        {service.entry, asked_of(service.srv.name, answer), std::move(records), unreadable});
  }
  const auto plan = order_srv(answers, kMostTargets, [](std::uint64_t) { return 0; });
  const auto& domain = question_.domain;
  using Verdict = SrvPlan::Verdict;
  if (plan.verdict == Verdict::kTargets) return ask_targets(plan.targets);
  if (plan.verdict == Verdict::kNoService)
    records_.refusal = refused(Reason::kNoSuchService, domain,
                               "its SRV record says \".\", so it has no such service");
  if (plan.verdict == Verdict::kFailed || plan.verdict == Verdict::kUnsure)
    records_.refusal = not_looked_up(*client_, domain, statuses(records_.services));
  if (plan.verdict == Verdict::kNoService || plan.verdict == Verdict::kFailed) return finish();
  records_.found_by = FoundBy::kFallback;
  const auto port = question_.clientele == Clientele::kClients ? kClientPort : kServerPort;
  ask_targets({{domain, port, TlsEntry::kStartTls}});
}

// Who can change where the domain leads could also say which certificate is the right one.
bool DomainLookup::is_way_signed(const SrvTarget& target) const {
  return std::all_of(services_.begin(), services_.end(), [&](const Service& service) {
    const bool leads_there =
        service.entry == target.entry || records_.found_by == FoundBy::kFallback;
    return !leads_there || is_signed(service.srv.answer);
  });
}

void DomainLookup::ask_targets(const std::vector<SrvTarget>& targets) {
  asks_targets_ = true;
  targets_.reserve(targets.size());  // callbacks hold references to the questions
  for (const auto& where : targets) {
    const auto& name = where.host.a_label();
    targets_.push_back({where, {name, DnsType::kAaaa}, {name, DnsType::kA}});
    if (is_way_signed(where))
      targets_.back().tlsa = {"_" + std::to_string(where.port) + "._tcp." + name, DnsType::kTlsa};
  }
  for (auto& target : targets_) {
    ask(target.v6);
    ask(target.v4);
    if (!target.tlsa.name.empty()) ask(target.tlsa);
  }
  const auto left = std::max(ends_ - loop_.now(), std::chrono::milliseconds(0));
  timer_.start(unanswered_ == 0 ? std::chrono::milliseconds(0) : left);
}

void DomainLookup::finish() {
  bool failed = false;
  bool found = false;
  for (auto& target : targets_) {
    for (auto* const pending : {&target.v6, &target.v4, &target.tlsa}) pending->query.reset();
    failed |= has_failed(target.v6.answer) || has_failed(target.v4.answer);
    const auto& where = target.where;
    TargetRecords known{where.host,
                        where.port,
                        where.entry,
                        interleave(addresses_from(target.v6.answer, DnsType::kAaaa, where.port),
                                   addresses_from(target.v4.answer, DnsType::kA, where.port)),
                        asked_of(target.v6.name, target.v6.answer),
                        asked_of(target.v4.name, target.v4.answer)};
    if (known.addresses.size() > kMostAddresses)
      known.addresses.erase(known.addresses.begin() + kMostAddresses, known.addresses.end());
    found |= !known.addresses.empty();
    if (!target.tlsa.name.empty()) {
      known.tlsa_asked = asked_of(target.tlsa.name, target.tlsa.answer);
      if (is_signed(target.tlsa.answer))
        for (const auto& rdata : target.tlsa.answer.rdata)
          if (auto record = parse_tlsa_rdata(rdata); record && known.tlsa.size() < kMostTlsa)
            known.tlsa.push_back(*std::move(record));
    }
    records_.targets.push_back(std::move(known));
  }
  if (!targets_.empty() && !found && !records_.refusal) {
    const auto& first = targets_.front();
    const auto detail = first.where.host.a_label() + " AAAA: " + first.v6.answer.status +
                        ", A: " + first.v4.answer.status;
    const auto& domain = question_.domain;
    records_.refusal = failed ? not_looked_up(*client_, domain, detail)
                              : refused(Reason::kNoSuchService, domain, detail);
  }
  const auto done = std::move(done_);  // may destroy this
  done(std::move(records_));
}

}  // namespace portcullis::net
