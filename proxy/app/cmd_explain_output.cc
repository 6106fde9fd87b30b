#include <nlohmann/json.hpp>

#include <cstdint>

#include "policy/model/day_text.h"
#include "policy/reasons/reason_text.h"
#include "proxy/app/cmd_explain.h"

namespace portcullis::app {
namespace {

using Json = nlohmann::ordered_json;

std::string_view role_word(certs::PeerRole role) {
  return role == certs::PeerRole::kInitiating ? "inbound" : "outbound";
}

std::string further_ids(const policy::Decision& decision) {
  std::string ids;
  for (const auto& refusal : decision.further)
    ids += (ids.empty() ? "" : " ") + std::string(policy::id(refusal.reason));
  return ids;
}

void append_line(std::string& out, std::string_view label, std::string_view text) {
  constexpr std::size_t kWidth = 12;
  out += "  ";
  out += label;
  out.append(kWidth - label.size(), ' ');
  out += text;
  out += '\n';
}

void append_verdict(std::string& out, const DomainFindings& findings,
                    const ExplainedVerdict& verdict) {
  const std::string& remote = findings.explanation.domain.a_label();
  const bool inbound = verdict.role == certs::PeerRole::kInitiating;
  out += "\n" + std::string(role_word(verdict.role)) + ", " +
         (inbound ? remote + " to " + findings.local : findings.local + " to " + remote) + ":\n";
  const auto& decision = verdict.decision;
  append_line(out, "verdict", policy::name(decision.verdict));
  if (decision.refusal) {
    std::string reason(policy::id(decision.refusal->reason));
    if (verdict.depth)
      reason += *verdict.depth == 0 ? ", in the server's own certificate"
                                    : ", in the chain at depth " + std::to_string(*verdict.depth);
    append_line(out, "reason", reason);
    if (const auto also = further_ids(decision); !also.empty()) append_line(out, "also", also);
    const bool told = decision.verdict != policy::Verdict::kExcepted;
    const auto kind = inbound ? StreamKind::kS2sInbound : StreamKind::kS2sOutbound;
    if (told) append_line(out, "they read", decision.refusal->text);
    append_line(out, told ? "we read" : "waived",
                policy::at_home(*decision.refusal, {kind, remote, findings.local}));
  }
  append_line(out, "enforce", policy::name(verdict.in_enforce));
  append_line(out, "observe", policy::name(verdict.in_observe));
}

Json pattern_json(const policy::MatchedPattern& pattern) {
  return {{"pattern", pattern.pattern}, {"origin", pattern.origin}};
}

Json exception_json(const policy::ExceptionState& exception) {
  Json allow = Json::array();
  for (const auto reason : exception.allow) allow.push_back(policy::id(reason));
  return {{"allow", std::move(allow)},
          {"pins", exception.pins},
          {"until", policy::day_text(exception.until)},
          {"why", exception.why},
          {"origin", exception.origin},
          {"applied", exception.applied},
          {"days_left", exception.days_left}};
}

Json verdict_json(const ExplainedVerdict& verdict) {
  const auto& decision = verdict.decision;
  Json json{{"direction", role_word(verdict.role)},
            {"verdict", policy::name(decision.verdict)},
            {"enforce", policy::name(verdict.in_enforce)},
            {"observe", policy::name(verdict.in_observe)}};
  if (!decision.refusal) return json;
  json["reason"] = policy::id(decision.refusal->reason);
  if (verdict.depth) json["depth"] = *verdict.depth;
  json["text"] = decision.refusal->text;
  Json also = Json::array();
  for (const auto& refusal : decision.further) also.push_back(policy::id(refusal.reason));
  json["also"] = std::move(also);
  return json;
}

std::string dump(const Json& json) {
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

}  // namespace

std::string text_of(const DomainFindings& findings) {
  std::string out = joined(policy::lines(findings.explanation));
  if (findings.certificate.empty())
    out += "\nNo certificate was given (--cert), so nothing but federation is judged.\n";
  else
    out += "\nJudged: " + policy::printable(findings.certificate, 4096) + " (" +
           std::to_string(findings.certificates) +
           (findings.certificates == 1 ? " certificate" : " certificates") + ") with TLS " +
           findings.tls + ".\n";
  for (const auto& verdict : findings.verdicts) append_verdict(out, findings, verdict);
  return out;
}

std::string json_of(const DomainFindings& findings) {
  const auto& explanation = findings.explanation;
  Json values = Json::array();
  for (const auto& value : explanation.values)
    values.push_back({{"key", value.key}, {"value", value.value}, {"origin", value.origin}});
  Json lost = Json::array();
  for (const auto& pattern : explanation.lost) lost.push_back(pattern_json(pattern));
  Json verdicts = Json::array();
  for (const auto& verdict : findings.verdicts) verdicts.push_back(verdict_json(verdict));
  Json json{{"schema", 1},
            {"domain", explanation.domain.a_label()},
            {"unicode", explanation.domain.u_label()},
            {"local", findings.local},
            {"federation",
             {{"denied", explanation.federation.denied},
              {"pattern", explanation.federation.pattern},
              {"origin", explanation.federation.origin}}},
            {"rule", explanation.won ? pattern_json(*explanation.won) : Json()},
            {"note", explanation.note},
            {"patterns_less_near", std::move(lost)},
            {"exception", explanation.exception ? exception_json(*explanation.exception) : Json()},
            {"values", std::move(values)}};
  if (!findings.certificate.empty())
    json["certificate"] = {
        {"file", findings.certificate}, {"count", findings.certificates}, {"tls", findings.tls}};
  json["verdicts"] = std::move(verdicts);
  return dump(json);
}

std::string text_of(const policy::ServedExplanation& served) {
  return joined(policy::lines(served));
}

std::string json_of(const policy::ServedExplanation& served) {
  Json pairs = Json::array();
  for (const auto& pair : served.pairs) {
    Json json{{"local", pair.local}, {"verdict", policy::name(pair.decision.verdict)}};
    if (pair.decision.refusal) {
      json["reason"] = policy::id(pair.decision.refusal->reason);
      json["text"] = pair.why;
    }
    pairs.push_back(std::move(json));
  }
  return dump(
      {{"schema", 1},
       {"domain", served.domain.a_label()},
       {"unicode", served.domain.u_label()},
       {"served", {{"host", served.host}, {"origin", served.origin}, {"server", served.server}}},
       {"pairs", std::move(pairs)}});
}

std::string text_of(const policy::BackendKindInfo& kind) {
  const policy::Config defaults;
  const auto port = [](std::uint16_t number) {
    return number == 0 ? std::string("none") : std::to_string(number);
  };
  std::string out = "kind = \"" + std::string(kind.name) +
                    "\" in [host.backend]: " + std::string(kind.title) + " behind the gate\n";
  append_line(out, "s2s", port(kind.s2s_port));
  append_line(out, "c2s", port(kind.c2s_port));
  for (const auto& [title, text] : policy::hint_lines(kind, defaults.local_ca.directory))
    out += "  " + std::string(title) + ": " + text + "\n";
  return out;
}

std::string json_of(const policy::BackendKindInfo& kind) {
  const policy::Config defaults;
  Json hints = Json::object();
  for (const auto& [title, text] : policy::hint_lines(kind, defaults.local_ca.directory))
    hints[std::string(title)] = text;
  return dump({{"schema", 1},
               {"kind", kind.name},
               {"s2s_port", kind.s2s_port},
               {"c2s_port", kind.c2s_port},
               {"hints", std::move(hints)}});
}

std::string text_of(const policy::ReasonInfo& reason) {
  return joined(policy::lines(reason));
}

std::string json_of(const policy::ReasonInfo& reason) {
  return dump({{"schema", 1},
               {"reason", reason.id},
               {"meaning", reason.meaning},
               {"sentence", reason.sentence},
               {"at_home", reason.at_home.empty() ? reason.sentence : reason.at_home},
               {"condition", reason.condition},
               {"always_enforced", reason.always_enforced},
               {"fault_of", policy::blame_words(reason.blame)},
               {"waiver", policy::waiver_words(reason.waiver)},
               {"tlsrpt", reason.tlsrpt},
               {"remote_admin", reason.remote},
               {"local_operator", reason.local}});
}

}  // namespace portcullis::app
