#include "proxy/relay/stream_lines.h"

#include <utility>
#include <variant>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/log_words.h"
#include "proxy/session/name_of.h"
#include "proxy/telemetry/recent_refusals.h"
#include "proxy/xmpp/outline.h"

namespace portcullis::relay {
namespace {

using telemetry::Severity;

std::string ids_of(const std::vector<policy::Refusal>& refusals) {
  std::string ids;
  for (const auto& refusal : refusals) {
    if (!ids.empty()) ids += ' ';
    ids += policy::id(refusal.reason);
  }
  return ids;
}

policy::Ends ends_of(StreamKind kind, const StreamNames& names) {
  if (kind == StreamKind::kC2s) return {kind, {}, names.to};
  return calls_peer(kind) ? policy::Ends{kind, names.to, names.from}
                          : policy::Ends{kind, names.from, names.to};
}

// Of a stream between servers that goes through.
std::string_view peer_auth(const StreamFacts& facts) {
  return facts.how && facts.kind != StreamKind::kC2s ? name(*facts.how) : std::string_view();
}

// The content of an event, if it helps to understand the step.
struct Detail {
  std::string operator()(const session::HeaderReceived& event) const {
    const auto& header = event.header;
    const auto shown = [](const auto& value) { return value ? value->text() : std::string("-"); };
    return "from=" + shown(header.from) + " to=" + shown(header.to) +
           " version=" + shown(header.version);
  }
  std::string operator()(const session::ElementReceived& event) const {
    return xmpp::outline(event.element);
  }
  std::string operator()(const session::FarFeatures& event) const {
    return xmpp::outline(event.features);
  }
  std::string operator()(const session::FarElement& event) const {
    return xmpp::outline(event.element);
  }
  std::string operator()(const session::InputRefused& event) const { return said(event.refusal); }
  std::string operator()(const session::TlsFailed& event) const { return said(event.refusal); }
  std::string operator()(const session::PeerRefused& event) const { return said(event.refusal); }
  std::string operator()(const session::FarFailed& event) const { return said(event.refusal); }
  std::string operator()(const session::TransportLost& event) const { return event.detail; }
  template <class Event>
  std::string operator()(const Event& /*event*/) const {
    return {};
  }

 private:
  static std::string said(const policy::Refusal& refusal) {
    return std::string(policy::id(refusal.reason)) + ": " + refusal.text;
  }
};

}  // namespace

telemetry::LogRank rank_of_decision(StreamKind kind, const policy::Decision& decision) {
  const bool from_outside = kind != StreamKind::kS2sOutbound;
  const bool blames_us = decision.refusal && policy::is_about_us(decision.refusal->reason);
  return from_outside && !blames_us && decision.verdict == policy::Verdict::kRejected
             ? telemetry::LogRank::kRefusal
             : telemetry::LogRank::kImportant;
}

void write_decision(telemetry::Log& log, const StreamFacts& facts, const StreamNames& names,
                    const policy::Decision& decision) {
  const auto& refusal = decision.refusal;
  const auto& shown = facts.shown;
  const std::string also = ids_of(decision.further);
  const std::string detail = refusal ? policy::at_home(*refusal, ends_of(facts.kind, names)) : "";
  log.write(Severity::kNotice, log_event::kDecision,
            {{log_field::kKind, name(facts.kind)},
             {log_field::kId, facts.id},
             {log_field::kPeer, facts.peer},
             {log_field::kFrom, names.from},
             {log_field::kTo, names.to},
             {log_field::kEntry, facts.entry ? name(*facts.entry) : std::string_view()},
             {log_field::kFound, facts.found},
             {log_field::kTls, shown.tls ? name(*shown.tls) : std::string_view()},
             {log_field::kCipher, shown.cipher},
             {log_field::kPeerAuth, peer_auth(facts)},
             {log_field::kAuth, facts.auth},
             {log_field::kVerdict, policy::name(decision.verdict)},
             {log_field::kReason, refusal ? policy::id(refusal->reason) : std::string_view()},
             {log_field::kRule, names.rule},
             {log_field::kFingerprint, shown.fingerprint},
             {log_field::kPin, shown.pin},
             {log_field::kAlso, also},
             {log_field::kPhase, facts.phase},
             {log_field::kDetail, detail}},
            rank_of_decision(facts.kind, decision));
  if (!refusal || decision.verdict == policy::Verdict::kExcepted) return;
  telemetry::RecentRefusal recent;
  recent.kind = facts.kind;
  recent.verdict = decision.verdict;
  recent.reason = refusal->reason;
  recent.from = names.from;
  recent.to = names.to;
  recent.peer = facts.peer;
  recent.rule = names.rule;
  recent.detail = detail;
  log.remember(std::move(recent));
}

void write_end(telemetry::Log& log, const StreamFacts& facts, const StreamEnd& end) {
  log.write(end.silent ? Severity::kDebug : Severity::kInfo, log_event::kEnd,
            {{log_field::kKind, name(facts.kind)},
             {log_field::kId, facts.id},
             {log_field::kPeer, facts.peer},
             {log_field::kFrom, facts.from},
             {log_field::kTo, facts.to},
             {log_field::kEnd, name(end.by)},
             {log_field::kWhy, end.why},
             {log_field::kDuration, static_cast<std::int64_t>(end.duration.count() / 1000)},
             {log_field::kInBytes, static_cast<std::int64_t>(end.to_backend_bytes)},
             {log_field::kOutBytes, static_cast<std::int64_t>(end.to_wan_bytes)},
             {log_field::kUndelivered, static_cast<std::int64_t>(end.undelivered.stanzas)},
             {log_field::kBounced, static_cast<std::int64_t>(end.bounced)},
             {log_field::kUndeliveredBytes, static_cast<std::int64_t>(end.undelivered.octets)}});
}

void write_step(telemetry::Log& log, const StreamFacts& facts, Side side,
                const session::Event& event, std::string_view state) {
  const std::string detail = policy::printable(std::visit(Detail{}, event), 1000);
  log.write_step(log_event::kStep, {{log_field::kKind, name(facts.kind)},
                                    {log_field::kId, facts.id},
                                    {log_field::kSide, side == Side::kWan ? "wan" : "backend"},
                                    {log_field::kHappened, session::name_of(event)},
                                    {log_field::kState, state},
                                    {log_field::kDetail, detail}});
}

}  // namespace portcullis::relay
