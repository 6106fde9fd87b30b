#include "proxy/relay/error_stream_gate.h"

#include <utility>

#include "policy/model/neighbours.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/peer_assessment.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Refusal;
using policy::Verdict;

// A stream that is only observed is not authenticated, and such a one we do not open for errors.
std::optional<Refusal> unless_good(policy::Decision decision) {
  switch (decision.verdict) {
    case Verdict::kAccepted:
    case Verdict::kExcepted:
      return std::nullopt;
    case Verdict::kRejected:
    case Verdict::kWouldReject:
      break;
  }
  return std::move(decision.refusal).value_or(policy::refuse(Reason::kInternalError));
}

EngineOrRefusal checked(Result<std::unique_ptr<tls::Engine>> engine) {
  if (engine) return std::move(*engine);
  return tl::unexpected(
      policy::refuse(Reason::kInternalError, {{"detail", engine.error().message}}));
}

}  // namespace

ErrorStreamGate::ErrorStreamGate(SnapshotPtr snapshot, const Scheduler& clock, FarRecord& record,
                                 ErrorPair pair, Leaf leaf)
    : snapshot_(std::move(snapshot)),
      clock_(clock),
      record_(record),
      pair_(std::move(pair)),
      leaf_(std::move(leaf)) {}

std::string in_words(const Refusal& refusal, const ErrorPair& pair) {
  const auto kind = pair.to == Side::kBackend ? StreamKind::kS2sInbound : StreamKind::kS2sOutbound;
  return std::string(policy::id(refusal.reason)) + ": " +
         policy::at_home(refusal, {kind, pair.remote.a_label(), pair.local.a_label()});
}

std::optional<Refusal> ErrorStreamGate::refuses(const Snapshot& snapshot, const ErrorPair& pair,
                                                std::chrono::sys_seconds now) {
  const auto& config = snapshot.config();
  const auto* const host = config.host_for(pair.local);
  if (host == nullptr || (pair.to == Side::kBackend && !host->backend.s2s))
    return policy::refuse(Reason::kHostUnknown, {{"domain", pair.local.a_label()}});
  if (config.served(pair.remote) != nullptr &&
      (pair.to == Side::kWan || !policy::are_connected(config, pair.local, pair.remote)))
    return policy::refuse(Reason::kFederationDenied, {{"domain", pair.remote.a_label()}});
  if (pair.to == Side::kWan)
    return unless_good(assess_federation(config, pair.local, pair.remote, now));
  if (!pair.remote.is_unambiguous())
    return policy::refuse(Reason::kNameAmbiguous, {{"detail", pair.remote.ambiguity()}});
  return std::nullopt;
}

EngineOrRefusal ErrorStreamGate::make_engine(const LegEnd& end,
                                             const session::BeginTls& /*action*/) {
  const auto& contexts = snapshot_->contexts();
  if (end.side() == Side::kWan)
    return checked(contexts.connect_wan(pair_.local, pair_.remote, entry_));
  if (leaf_ == nullptr) return checked(contexts.connect_backend_anonymous(pair_.local));
  return checked(contexts.connect_backend(*leaf_, pair_.local));
}

Judgement ErrorStreamGate::judge(const LegEnd& end, const session::JudgePeer& /*action*/) {
  return end.side() == Side::kBackend ? judge_backend(end) : judge_peer(end);
}

Judgement ErrorStreamGate::judge_backend(const LegEnd& end) const {
  if (leaf_ == nullptr) return session::PeerAccepted{};  // it asks about our key instead
  const auto& host = *snapshot_->config().host_for(pair_.local);
  auto refusal = assess_backend(*snapshot_, host, end.transport().peer_chain());
  if (!refusal) return session::PeerAccepted{};
  if (refusal->reason == Reason::kNotTheBackend)
    record_.not_the_backend(host.domain, end.transport().peer(), *refusal);
  return session::PeerRefused{std::move(*refusal)};
}

Judgement ErrorStreamGate::judge_peer(const LegEnd& end) const {
  const auto facts = end.transport().tls_facts();
  const PeerEvidence evidence{end.transport().peer_chain(), facts.version,
                              certs::PeerRole::kReceiving, facts.forward_secrecy};
  auto assessment =
      assess_peer(*snapshot_, evidence, pair_.local, pair_.remote, clock_.wall_clock());
  auto refusal = unless_good(std::move(assessment.decision));
  if (!refusal) return session::PeerAccepted{.identified = assessment.identified};
  return session::PeerRefused{std::move(*refusal)};
}

xmpp::GuardRules ErrorStreamGate::guard_rules(const LegEnd& /*end*/,
                                              const xmpp::StreamHeader& peer_header) {
  const auto& limits = snapshot_->config().limits;
  xmpp::GuardRules rules;
  rules.traffic = xmpp::GuardRules::Traffic::kS2sSilent;
  rules.content_ns = xmpp::ns::kServer;
  rules.declared = peer_header.declared;
  rules.stanza_bytes = limits.stanza_bytes;
  rules.depth = limits.depth;
  rules.attributes = limits.attributes;
  return rules;
}

}  // namespace portcullis::relay
