#include <nlohmann/json.hpp>

#include <string>

#include "certs/x509/certificate_text.h"
#include "proxy/probe/text.h"
#include "proxy/probe/words.h"

namespace portcullis::probe {
namespace {

using Json = nlohmann::ordered_json;

Json signed_json(const net::DnsSigned& is_signed) {
  using Verdict = net::DnsSigned::Verdict;
  switch (is_signed.verdict) {
    case Verdict::kUnchecked:
      return nullptr;
    case Verdict::kNo:
      return "no";
    case Verdict::kYes:
      return "yes";
    case Verdict::kBogus:
      return "bogus";
  }
  return nullptr;
}

Json asked_json(const net::Asked& asked) {
  Json json{
      {"name", asked.name}, {"status", asked.status}, {"signed", signed_json(asked.is_signed)}};
  if (!asked.is_signed.why.empty()) json["why"] = asked.is_signed.why;
  return json;
}

Json service_json(const net::ServiceRecords& service) {
  Json json = asked_json(service.asked);
  json["entry"] = name(service.entry);
  json["records"] = Json::array();
  for (const auto& record : service.records)
    json["records"].push_back({{"priority", record.priority},
                               {"weight", record.weight},
                               {"port", record.port},
                               {"target", record.target ? record.target->a_label() : "."}});
  json["unreadable"] = service.unreadable;
  return json;
}

Json target_json(const net::TargetRecords& target) {
  Json json{{"host", target.host.a_label()}, {"port", target.port},
            {"entry", name(target.entry)},   {"addresses", Json::array()},
            {"aaaa", asked_json(target.v6)}, {"a", asked_json(target.v4)}};
  for (const auto& address : target.addresses) json["addresses"].push_back(address.host());
  if (target.tlsa_asked.name.empty()) return json;
  json["tlsa"] = asked_json(target.tlsa_asked);
  json["tlsa"]["records"] = Json::array();
  for (const auto& record : target.tlsa) json["tlsa"]["records"].push_back(net::text(record));
  return json;
}

Json records_json(const net::DomainRecords& records) {
  Json json{{"services", Json::array()}, {"targets", Json::array()}};
  for (const auto& service : records.services) json["services"].push_back(service_json(service));
  for (const auto& target : records.targets) json["targets"].push_back(target_json(target));
  json["found_by"] = name(records.found_by);
  if (records.refusal) json["reason"] = policy::id(records.refusal->reason);
  return json;
}

Json offer_json(const examine::Offer& offer) {
  Json json{{"starttls", offer.starttls},
            {"starttls_required", offer.starttls_required},
            {"mechanisms", offer.mechanisms},
            {"sasl2", offer.sasl2},
            {"channel_binding", offer.bindings},
            {"dialback", offer.dialback},
            {"bidi", offer.bidi}};
  if (offer.limits.max_bytes) json["max_bytes"] = *offer.limits.max_bytes;
  if (offer.limits.idle_seconds) json["idle_seconds"] = *offer.limits.idle_seconds;
  return json;
}

Json certificate_json(const certs::PresentedChain& chain) {
  if (!chain.leaf) return nullptr;
  const auto facts = examine::facts_of(chain);
  return {{"key", facts.key},
          {"pin", facts.pin},
          {"subject", facts.subject},
          {"issuer", facts.issuer},
          {"names", facts.names},
          {"more_names", facts.more_names},
          {"not_after", certs::minute_text(facts.not_after)},
          {"certificates", facts.certificates}};
}

Json failure_json(const examine::Findings::Failure& failure) {
  return {{"stage", id(failure.stage)},
          {"reason", policy::id(failure.refusal.reason)},
          {"text", failure.refusal.text}};
}

Json ruling_json(const Ruling& ruling) {
  const auto& decision = ruling.decision;
  Json json{{"verdict", policy::name(decision.verdict)},
            {"enforce", policy::name(ruling.in_enforce)},
            {"observe", policy::name(ruling.in_observe)}};
  if (!decision.refusal) return json;
  json["reason"] = policy::id(decision.refusal->reason);
  if (ruling.depth) json["depth"] = *ruling.depth;
  json["text"] = decision.refusal->text;
  json["also"] = Json::array();
  for (const auto& more : decision.further) json["also"].push_back(policy::id(more.reason));
  return json;
}

Json other_json(const Address::Other& other) {
  const auto* const chain = other.chain();
  Json json{{"asked", name(other.asked)},
            {"certificate", chain != nullptr ? certificate_json(*chain) : Json()}};
  if (other.seen.failure) json["failure"] = failure_json(*other.seen.failure);
  return json;
}

Json address_json(const Address& address, const std::optional<Ruling>& ruling) {
  Json json{{"address", address.address.text()},
            {"host", address.host.a_label()},
            {"entry", name(address.entry)},
            {"by_proxy", address.by_proxy}};
  if (address.not_called) json["not_called"] = address.not_called->text;
  if (address.seen) {
    const auto& seen = *address.seen;
    json["stage"] = id(seen.stage);
    if (seen.clear) json["before_tls"] = offer_json(*seen.clear);
    if (seen.tls) {
      const auto& facts = seen.tls->facts;
      json["tls"] = {{"version", name(facts.version)},
                     {"cipher", policy::printable(facts.cipher)},
                     {"forward_secrecy", facts.forward_secrecy},
                     {"alpn", policy::printable(facts.alpn)}};
      json["certificate"] = certificate_json(seen.tls->chain);
    }
    json["other_certificates"] = Json::array();
    for (const auto& other : address.others)
      json["other_certificates"].push_back(other_json(other));
    if (seen.secured) json["offers"] = offer_json(*seen.secured);
    json["external"] = id(seen.login);
    if (!seen.login_words.empty()) json["external_words"] = seen.login_words;
    if (seen.failure) json["failure"] = failure_json(*seen.failure);
  }
  json["ruling"] = ruling ? ruling_json(*ruling) : Json();
  return json;
}

std::string_view id(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMet:
      return "met";
    case Outcome::kNotMet:
      return "not_met";
    case Outcome::kUnknown:
      return "unknown";
  }
  return "";
}

}  // namespace

std::string json_of(const Shown& shown) {
  const auto& subject = shown.subject;
  Json json{{"schema", 1},
            {"domain", subject.domain.a_label()},
            {"unicode", subject.domain.u_label()},
            {"kind", subject.kind == StreamKind::kC2s ? "c2s" : "s2s"},
            {"local", subject.from ? Json(subject.from->a_label()) : Json()},
            {"policy", shown.policy},
            {"certificate_shown", subject.shows_certificate}};
  if (!shown.unshown.empty()) json["why_not_shown"] = shown.unshown;
  json["dns"] = shown.findings.records ? records_json(*shown.findings.records) : Json();
  json["addresses"] = Json::array();
  for (std::size_t i = 0; i < shown.findings.addresses.size(); ++i)
    json["addresses"].push_back(
        address_json(shown.findings.addresses[i], shown.judgement.addresses[i]));
  json["addresses_left_out"] = shown.findings.left_out;
  json["outcome"] = id(shown.judgement.outcome);
  json["ruling"] = shown.judgement.domain ? ruling_json(*shown.judgement.domain) : Json();
  json["for_admin"] = shown.judgement.for_admin;
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace portcullis::probe
