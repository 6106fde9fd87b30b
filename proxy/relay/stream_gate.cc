#include "proxy/relay/stream_gate.h"

#include <utility>

#include "policy/decide/gate.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Refusal;

tl::unexpected<Refusal> internal_error(const std::string& detail) {
  return tl::unexpected(policy::refuse(Reason::kInternalError, {{"detail", detail}}));
}

EngineOrRefusal or_internal_error(Result<std::unique_ptr<tls::Engine>> engine) {
  if (!engine) return internal_error(engine.error().message);
  return std::move(*engine);
}

}  // namespace

StreamGate::StreamGate(const StreamPlan& plan, SnapshotPtr snapshot, const Scheduler& clock,
                       StreamRecord& record, FarRecord& far_record)
    : plan_(plan),
      snapshot_(std::move(snapshot)),
      clock_(clock),
      record_(record),
      far_record_(far_record) {}

void StreamGate::want(session::OpenFarLeg wanted) {
  pair_ = StreamPair{wanted.local, wanted.remote};
  wanted_ = std::make_unique<const session::OpenFarLeg>(std::move(wanted));
}

// ---- Credentials

EngineOrRefusal StreamGate::make_engine(const LegEnd& end, const session::BeginTls& action) {
  const auto& contexts = snapshot_->contexts();
  if (end.side() == Side::kBackend) return backend_engine(end, action);
  if (end.place() == Place::kNear)
    return or_internal_error(contexts.accept_wan(plan_.kind, record_.entry(), action.host));
  return or_internal_error(contexts.connect_wan(pair_->local, *pair_->remote, far_entry_));
}

EngineOrRefusal StreamGate::backend_engine(const LegEnd& end,
                                           const session::BeginTls& action) const {
  const auto& contexts = snapshot_->contexts();
  const bool near = end.place() == Place::kNear;
  if (!plan_.between_servers) return contexts.connect_backend_for_client(pair_->local);
  // We do not confirm the peer's domain on a stream that is only observed.
  if (near && pair_ && !standing_.certified())
    return or_internal_error(contexts.accept_backend_anonymous());
  if (!near && wanted_->approach != session::Approach::kAuthenticate)
    return or_internal_error(contexts.connect_backend_anonymous(pair_->local));

  const auto& remote = near ? action.host : pair_->remote;
  if (!remote) return internal_error("no remote domain to make a certificate for");
  if (snapshot_->local_ca() == nullptr) return internal_error("no local CA is configured");
  auto leaf = snapshot_->local_ca()->mint(*remote, clock_.wall_clock());
  if (!leaf)
    return tl::unexpected(
        Refusal{Reason::kLocalCaUnavailable, policy::printable(leaf.error().message, 512)});
  if (near) return or_internal_error(contexts.accept_backend(**leaf));
  return or_internal_error(contexts.connect_backend(**leaf, pair_->local));
}

// ---- Certificates

Judgement StreamGate::judge(const LegEnd& end, const session::JudgePeer& action) {
  if (end.side() == Side::kBackend) return judge_backend(end, action);
  const auto now = clock_.wall_clock();
  if (!action.remote) {
    auto assessment = assess_client(*snapshot_, evidence_of(end), action.local, now);
    record_.note_also(assessment.decision);
    return standing_.keep_client(end.place(), std::move(assessment));
  }
  auto assessment = assess_peer(*snapshot_, evidence_of(end), action.local, *action.remote, now);
  record_.note_also(assessment.decision);
  return standing_.keep_peer(end.place(), std::move(assessment));
}

Judgement StreamGate::judge_backend(const LegEnd& end, const session::JudgePeer& action) {
  const policy::Host* const host = config().host_for(action.local);
  if (host == nullptr) return session::PeerRefused{policy::refuse(Reason::kInternalError)};
  if (auto refusal = assess_backend(*snapshot_, *host, end.transport().peer_chain())) {
    if (refusal->reason == Reason::kNotTheBackend)
      far_record_.not_the_backend(host->domain, end.transport().peer(), *refusal);
    return session::PeerRefused{std::move(*refusal)};
  }
  // The backend is the right one. May it speak to that peer at all? In observe mode that was asked
  // before the peer was called.
  if (end.place() == Place::kFar || !action.remote || pair_) return session::PeerAccepted{};
  return keep(end.place(),
              assess_federation(config(), action.local, *action.remote, clock_.wall_clock()));
}

std::optional<Refusal> StreamGate::refuses_call() {
  auto answer = keep(
      Place::kNear, assess_federation(config(), pair_->local, *pair_->remote, clock_.wall_clock()));
  if (auto* const refused = std::get_if<session::PeerRefused>(&answer))
    return std::move(refused->refusal);
  return std::nullopt;
}

void StreamGate::begin_attempt(TlsEntry entry) {
  far_entry_ = entry;
  standing_.begin_attempt(plan_.calls_peer());
}

Standing::Review StreamGate::review(const Snapshot& by, const LegEnd& near, const LegEnd& far) {
  const bool near_is_wan = near.side() == Side::kWan;
  const LegEnd& wan = near_is_wan ? near : far;
  const LegEnd& backend = near_is_wan ? far : near;
  auto review = standing_.review(by, pair(), {evidence_of(wan), backend.transport().peer_chain()},
                                 clock_.wall_clock());
  if (!review.lost) standing_.adopt(review);
  return review;
}

PeerEvidence StreamGate::evidence_of(const LegEnd& wan) {
  const auto role =
      wan.place() == Place::kNear ? certs::PeerRole::kInitiating : certs::PeerRole::kReceiving;
  const auto facts = wan.transport().tls_facts();
  return {wan.transport().peer_chain(), facts.version, role, facts.forward_secrecy};
}

Judgement StreamGate::keep(Place place, policy::Decision decision) {
  record_.note_also(decision);
  return standing_.keep(place, std::move(decision));
}

void StreamGate::on_would_refuse(const LegEnd& end, Refusal refusal) {
  standing_.doubt(end.place(), std::move(refusal));
}

// ---- What may pass

xmpp::GuardRules StreamGate::guard_rules(const LegEnd& end, const xmpp::StreamHeader& peer_header) {
  using Traffic = xmpp::GuardRules::Traffic;
  const auto& limits = config().limits;
  xmpp::GuardRules rules;
  rules.declared = peer_header.declared;
  rules.stanza_bytes = limits.stanza_bytes;
  rules.depth = limits.depth;
  rules.attributes = limits.attributes;
  if (plan_.between_servers) {
    allow_servers(rules, end);
  } else {
    rules.content_ns = xmpp::ns::kClient;
    rules.traffic = end.place() == Place::kNear ? Traffic::kClientToHost : Traffic::kHostToClient;
  }
  return rules;
}

void StreamGate::allow_servers(xmpp::GuardRules& rules, const LegEnd& end) {
  using Traffic = xmpp::GuardRules::Traffic;
  const bool near = end.place() == Place::kNear;
  const bool remote_speaks = end.side() == Side::kWan;
  rules.content_ns = xmpp::ns::kServer;
  rules.from = remote_speaks ? *pair_->remote : pair_->local;
  rules.to = remote_speaks ? pair_->local : *pair_->remote;
  if (!questions_) questions_ = std::make_shared<xmpp::DialbackQuestions>();
  rules.questions = questions_;
  if (standing_.authenticated()) {
    rules.traffic = near ? Traffic::kS2sStanzas : Traffic::kS2sSilent;
    rules.dialback_verify = policy::observes(config(), *pair_->remote);
    return;
  }
  rules.traffic = near ? Traffic::kS2sObserved : Traffic::kS2sObservedAnswers;
  if (near)
    rules.admits = [this, remote_speaks](const DomainName& from, const DomainName& to) {
      return remote_speaks ? admit(to, from) : admit(from, to);
    };
}

// Each further pair gets one line in the log.
bool StreamGate::admit(const DomainName& local, const DomainName& remote) {
  const auto admission = standing_.admit(config(), pair(), local, remote);
  if (admission == Standing::Admission::kNew)
    record_.also_observed(local, remote, standing_.outcome());
  return admission != Standing::Admission::kRefused;
}

}  // namespace portcullis::relay
