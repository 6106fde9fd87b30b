#include "proxy/relay/stream_gate.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "policy/decide/gate.h"
#include "proxy/relay/leaf_minting.h"
#include "proxy/relay/leg_profiles.h"

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

// What the peer on the WAN side showed.
PeerEvidence evidence_of(const LegEnd& wan) {
  const auto role =
      wan.place() == Place::kNear ? certs::PeerRole::kInitiating : certs::PeerRole::kReceiving;
  const auto facts = wan.transport().tls_facts();
  return {wan.transport().peer_chain(), facts.version, role, facts.forward_secrecy};
}

// Whether the peer that called is answered about our keys. The leg decides it in the same way.
bool answers_keys(const Standing& standing, const policy::Config& config, const StreamPair& pair) {
  return standing.identified() && originates_dialback(config, pair.local, *pair.remote);
}

// Why another server may not accept what we show it.
std::string why_not_ours(const Snapshot& snapshot, const DomainName& local) {
  const auto* const host = snapshot.config().host_for(local);
  const auto& all = snapshot.calling();
  const bool for_servers_only =
      host != nullptr && std::any_of(all.begin(), all.end(), [host](const auto& one) {
        return one.domain == host->domain.a_label() && !one.client_use;
      });
  return for_servers_only
             ? "our certificate is for servers only, without clientAuth, and such servers take it "
               "from nobody who connects; outgoing_certificates of [[host]] can name another"
             : "it may not know the CA of our certificate, or a certificate of our chain is "
               "missing, which \"portcullis check\" tells";
}

}  // namespace

StreamGate::StreamGate(const StreamPlan& plan, SnapshotPtr snapshot, const Scheduler& clock,
                       StreamRecord& record, FarRecord& far_record, StreamBudget& budget)
    : plan_(plan),
      far_plan_(plan),
      snapshot_(std::move(snapshot)),
      clock_(clock),
      record_(record),
      far_record_(far_record),
      budget_(budget) {}

void StreamGate::want(session::OpenFarLeg wanted, std::shared_ptr<X509> served) {
  pair_ = StreamPair{wanted.local, wanted.remote};
  far_plan_.choose(wanted.remote && config().host_for(*wanted.remote) != nullptr);
  far_record_.reaches(*far_plan_);
  if (far_plan_.is_between_hosts()) std::swap(wanted.local, *wanted.remote);
  const auto* const host = plan_.between_servers ? nullptr : config().host_for(wanted.local);
  if (host != nullptr && host->backend.shares_certificate())
    shared_ = SharedCertificate(std::move(served));
  if (plan_.between_servers && !plan_.calls_peer() &&
      wanted.approach == session::Approach::kAuthenticate)
    wanted.approach = approach_to_backend(config(), wanted.local);
  if (far_plan_->calls_peer() && wanted.approach == session::Approach::kAuthenticate)
    wanted.approach = approach_to_peer(config(), wanted.local, *wanted.remote);
  if (wanted.approach == session::Approach::kDialback) standing_.know_backend_by_dialback();
  wanted_ = std::make_unique<const session::OpenFarLeg>(std::move(wanted));
}

// ---- Credentials

EngineOrRefusal StreamGate::make_engine(const LegEnd& end, const session::BeginTls& action) {
  const auto& contexts = snapshot_->contexts();
  if (end.side() == Side::kBackend) return backend_engine(end, action);
  if (end.place() == Place::kNear)
    return or_internal_error(
        contexts.accept_wan(plan_.kind, record_.facts().near_entry, action.host));
  return or_internal_error(contexts.connect_wan(pair_->local, *pair_->remote, far_entry_));
}

EngineOrRefusal StreamGate::backend_engine(const LegEnd& end, const session::BeginTls& action) {
  const auto& contexts = snapshot_->contexts();
  const bool near = end.place() == Place::kNear;
  if (!plan_.between_servers)
    return or_internal_error(
        contexts.connect_backend_for_client(pair_->local, shared_.begin_handshake()));
  // We do not confirm the peer's domain on a stream that is only observed.
  if (near && pair_ && !standing_.certified())
    return or_internal_error(contexts.accept_backend_anonymous());
  if (!near && wanted_->approach != session::Approach::kAuthenticate)
    return or_internal_error(contexts.connect_backend_anonymous(wanted_->local));

  if (!near) {
    if (far_leaf_ == nullptr) return internal_error("no certificate was made for the peer");
    return or_internal_error(contexts.connect_backend(*far_leaf_, wanted_->local));
  }
  if (action.host && action.for_host) {
    const auto leaf = mint_leaf(Place::kNear, {*action.for_host, *action.host}, *snapshot_, budget_,
                                clock_.wall_clock());
    if (!leaf) return tl::unexpected(leaf.error());
    return or_internal_error(contexts.accept_backend(**leaf));
  }
  // Direct TLS: which domain it wants is only known from its ClientHello.
  offered_ = std::make_unique<OfferedName>(config(), [this](const DomainName& remote) {
    return mint_leaf(remote, *snapshot_, budget_, clock_.wall_clock());
  });
  return or_internal_error(contexts.accept_backend_direct(
      [this](std::string_view name) { return offered_->leaf_for(name); }));
}

// ---- Certificates

Judgement StreamGate::judge(const LegEnd& end, const session::JudgePeer& action) {
  if (end.side() == Side::kBackend) return judge_backend(end, action);
  const auto now = clock_.wall_clock();
  if (!action.remote) {
    auto assessment = assess_client(*snapshot_, evidence_of(end), action.local, now);
    record_.decisions().note_also(assessment.decision);
    return standing_.keep_client(end.place(), std::move(assessment));
  }
  auto assessment = assess_peer(*snapshot_, evidence_of(end), action.local, *action.remote, now);
  record_.decisions().note_also(assessment.decision);
  const auto refusal = assessment.decision.refusal;
  auto judgement = standing_.keep_peer(end.place(), std::move(assessment));
  // Observe mode lets the keys of the two servers cross, but those of such a backend end here.
  if (std::holds_alternative<session::PeerObserved>(judgement) && refusal &&
      speaks_dialback(config(), action.local))
    return session::PeerRefused{*refusal};
  return judgement;
}

Judgement StreamGate::judge_backend(const LegEnd& end, const session::JudgePeer& action) {
  shared_.end_handshake();
  const policy::Host* const host = config().host_for(action.local);
  if (host == nullptr) return session::PeerRefused{policy::refuse(Reason::kInternalError)};
  // No certificate is known of it. What counts is whom it asks about our key.
  if (end.place() == Place::kFar && wanted_->approach == session::Approach::kDialback)
    return session::PeerAccepted{};
  // By TLS anybody could come, for such a host has no certificate to show.
  if (end.place() == Place::kNear && speaks_dialback(config(), action.local))
    return session::PeerRefused{
        {Reason::kBackendMisconfigured,
         "The backend began TLS for " + action.local.a_label() +
             ", whose host has s2s_auth = \"dialback\" in [host.backend]. Switch TLS off for its "
             "streams to other servers."}};
  if (auto refusal = assess_backend(*snapshot_, *host, end.transport().peer_chain())) {
    if (refusal->reason == Reason::kNotTheBackend)
      far_record_.not_the_backend(host->domain, end.transport().peer(), *refusal);
    return session::PeerRefused{std::move(*refusal)};
  }
  budget_.admission().proved(host->domain, end.transport().peer());
  if (end.place() == Place::kNear && offered_ && action.remote)
    if (auto refusal = std::exchange(offered_, nullptr)->refusal(*action.remote))
      return session::PeerRefused{std::move(*refusal)};
  if (shared_.wanted()) {
    const auto difference = shared_.difference(end.transport().peer_chain().leaf.get());
    far_record_.shares_certificate(host->domain, end.transport().peer(), difference);
    return session::PeerAccepted{!difference};
  }
  // The backend is the right one. May it speak to that peer at all? In observe mode that was asked
  // before the peer was called, and of a backend that is answered it is asked then, too.
  if (end.place() == Place::kFar || !action.remote || pair_ ||
      answers_refused(config(), action.local))
    return session::PeerAccepted{};
  return keep(end.place(),
              assess_federation(config(), action.local, *action.remote, clock_.wall_clock()));
}

std::optional<Refusal> StreamGate::refuses_call() {
  const bool asks_now =
      wanted_->approach == session::Approach::kObserve || answers_refused(config(), pair_->local);
  if (plan_.near_side == Side::kBackend && asks_now) {
    auto answer = keep(Place::kNear, assess_federation(config(), pair_->local, *pair_->remote,
                                                       clock_.wall_clock()));
    if (auto* const refused = std::get_if<session::PeerRefused>(&answer))
      return std::move(refused->refusal);
  }
  if (far_plan_->calls_peer()) return std::nullopt;
  far_leaf_.reset();
  const auto& local = wanted_->local;
  if (!(config().host_for(local)->backend.*far_plan_->backend))
    return policy::refuse(Reason::kHostUnknown, {{"domain", local.a_label()}});
  if (!plan_.between_servers || wanted_->approach != session::Approach::kAuthenticate)
    return std::nullopt;
  auto leaf =
      mint_leaf(Place::kFar, {local, wanted_->remote}, *snapshot_, budget_, clock_.wall_clock());
  if (!leaf) return std::move(leaf.error());
  far_leaf_ = std::move(*leaf);
  return std::nullopt;
}

void StreamGate::begin_attempt(TlsEntry entry) {
  far_entry_ = entry;
  standing_.begin_attempt(far_plan_->calls_peer());
}

Standing::Review StreamGate::review(const SnapshotPtr& by, const LegEnd& near, const LegEnd& far) {
  reviewed_by_ = by;
  auto review = foresee(*this, *by, near, far, clock_.wall_clock());
  if (!review.lost) standing_.adopt(review);
  return review;
}

Judgement StreamGate::keep(Place place, policy::Decision decision) {
  record_.decisions().note_also(decision);
  return standing_.keep(place, std::move(decision));
}

void StreamGate::on_would_refuse(const LegEnd& end, Refusal refusal) {
  standing_.doubt(end.place(), std::move(refusal));
}

void StreamGate::on_remark(const LegEnd& end, const Refusal& about) {
  far_record_.remark(pair_->local, end.transport().peer(), about);
}

// ---- What may pass

xmpp::GuardRules StreamGate::guard_rules(const LegEnd& end, const xmpp::StreamHeader& peer_header) {
  using Traffic = xmpp::GuardRules::Traffic;
  xmpp::GuardRules rules;
  rules.declared = peer_header.declared;
  set_limits(rules, config().limits, end.side());
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
  const bool remote_speaks = far_plan_.is_between_hosts() ? !near : end.side() == Side::kWan;
  rules.content_ns = xmpp::ns::kServer;
  rules.from = remote_speaks ? *pair_->remote : pair_->local;
  rules.to = remote_speaks ? pair_->local : *pair_->remote;
  if (end.side() == Side::kBackend) rules.names = config().names_of_backend(*rules.from);
  rules.takes_dialback = near && (remote_speaks ? answers_keys(standing_, config(), pair())
                                                : speaks_dialback(config(), pair_->local));
  if (!questions_) questions_ = std::make_shared<xmpp::DialbackQuestions>();
  rules.questions = questions_;
  // Unless it is observed, nothing is read by these rules before the end has proved who it is. A
  // backend whose stream was refused is read, too, though the far end has not authenticated us.
  if (standing_.authenticated() || !session::is_observed(wanted_->approach)) {
    rules.traffic = near ? Traffic::kS2sStanzas : Traffic::kS2sSilent;
    rules.dialback_verify =
        policy::observes(config(), *pair_->remote) && !speaks_dialback(config(), pair_->local);
    return;
  }
  rules.traffic = near ? Traffic::kS2sObserved : Traffic::kS2sObservedAnswers;
  // Strangers hold no more than before the relay: answers are short, and stanzas come behind a key.
  auto& most = near ? rules.unproved_bytes : rules.stanza_bytes;
  if (remote_speaks) most = std::min(rules.stanza_bytes, config().limits.negotiation_bytes);
  if (!near) return;
  rules.admits = [this, remote_speaks](const DomainName& from, const DomainName& to) {
    const auto& local = remote_speaks ? to : from;
    const auto& remote = remote_speaks ? from : to;
    if (reviewed_by_ && reviewed_by_->config().host_for(remote) != nullptr) return false;
    const auto admission = standing_.admit(config(), pair(), local, remote);
    // Each further pair gets one line in the log.
    if (admission == Standing::Admission::kNew)
      record_.decisions().also_observed(local, remote, standing_.outcome());
    return admission != Standing::Admission::kRefused;
  };
}

policy::Refusal beside_our_own(const StreamGate& gate, policy::Refusal refusal) {
  refusal = gate.standing().beside_exception(std::move(refusal));
  if (refusal.reason != Reason::kExternalNotOffered || !refusal.arguments) return refusal;
  auto detail = why_not_ours(*gate.snapshot(), gate.pair().local);
  for (const auto& [name, value] : *refusal.arguments)
    if (name == "detail") detail.insert(0, value + "; ");
  return policy::refuse(refusal.reason, {{"detail", detail}});
}

Standing::Review foresee(const StreamGate& gate, const Snapshot& by, const LegEnd& near,
                         const LegEnd& far, std::chrono::sys_seconds now) {
  const auto [wan, backend] = near.side() == Side::kWan ? std::tie(near, far) : std::tie(far, near);
  StreamEvidence evidence{evidence_of(wan), backend.transport().peer_chain(), std::nullopt};
  if (gate.far_plan().is_between_hosts()) evidence.other_backend = far.transport().peer_chain();
  return gate.standing().review(by, gate.pair(), evidence, now);
}

}  // namespace portcullis::relay
