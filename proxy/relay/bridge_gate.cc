// The parts of a bridge that speak of identity: credentials, certificates, what may pass.

#include <algorithm>
#include <iterator>

#include "certs/verify/verify.h"
#include "policy/decide/gate.h"
#include "proxy/relay/bridge.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Refusal;

Refusal not_the_backend(const policy::Host& host, bool shown) {
  return policy::refuse(
      Reason::kNotTheBackend,
      {{"domain", host.domain.text()},
       {"detail", shown ? "the certificate shown is not the one in " + host.backend.certificate
                        : std::string("no certificate was shown")}});
}

}  // namespace

Result<std::unique_ptr<tls::Engine>> Bridge::make_engine(LegEnd& end,
                                                         const session::BeginTls& action) {
  const auto& contexts = snapshot_->contexts();
  if (is_near(end) && side(end) == Side::kWan)
    return contexts.accept_wan(record_.kind(), record_.entry(), action.host);
  if (!is_near(end) && side(end) == Side::kWan)
    return contexts.connect_wan(wanted_->local, *wanted_->remote, far_entry_);

  // Nobody vouches for a stream that is only observed.
  if (is_near(end) && wanted_ && !peer_certified_) return contexts.accept_backend_anonymous();
  if (!is_near(end) && wanted_->approach != session::Approach::kAuthenticate)
    return contexts.connect_backend_anonymous(wanted_->local);

  const auto& remote = is_near(end) ? action.host : wanted_->remote;
  if (!remote) return fail("no remote domain to make a certificate for");
  if (snapshot_->local_ca() == nullptr) return fail("no local CA is configured");
  auto leaf = snapshot_->local_ca()->mint(*remote, services_.scheduler.wall_clock());
  if (!leaf) return tl::unexpected(leaf.error());
  if (is_near(end)) return contexts.accept_backend(**leaf);
  return contexts.connect_backend(**leaf, wanted_->local);
}

LegEnd::Judgement Bridge::judge(LegEnd& end, const session::JudgePeer& action) {
  if (side(end) == Side::kBackend) return judge_backend(end, action);
  return action.remote ? judge_peer(end, action) : judge_client(end, action);
}

LegEnd::Judgement Bridge::judge_backend(LegEnd& end, const session::JudgePeer& action) {
  const policy::Host* const host = config().host_for(action.local);
  const certs::PinnedKeys* const keys = host ? snapshot_->backend_keys(*host) : nullptr;
  if (keys == nullptr) return session::PeerRefused{policy::refuse(Reason::kInternalError)};
  const auto chain = end.transport().peer_chain();
  if (!chain.leaf || !keys->match(chain.leaf.get())) {
    Refusal refusal = not_the_backend(*host, chain.leaf != nullptr);
    services_.log.write(telemetry::Severity::kError, "backend",
                        {{"kind", name(record_.kind())},
                         {"host", host->domain.text()},
                         {"peer", end.transport().peer().text()},
                         {"detail", refusal.text}});
    return session::PeerRefused{std::move(refusal)};
  }
  // The backend is what it claims. May it speak to that peer at all? In observe mode that was asked
  // before the peer was called.
  if (!is_near(end) || !action.remote || wanted_) return session::PeerAccepted{};
  return take(end, assess_federation(config(), action.local, *action.remote,
                                     services_.scheduler.wall_clock()));
}

LegEnd::Judgement Bridge::judge_peer(LegEnd& end, const session::JudgePeer& action) {
  auto assessment = assess_peer(*snapshot_, evidence_of(end), action.local, *action.remote,
                                services_.scheduler.wall_clock());
  auto judgement = take(end, std::move(assessment.decision));
  if (std::holds_alternative<session::PeerAccepted>(judgement)) {
    expires_ = assessment.expires;
    peer_certified_ = true;
  }
  return judgement;
}

LegEnd::Judgement Bridge::judge_client(LegEnd& end, const session::JudgePeer& action) {
  const auto chain = end.transport().peer_chain();
  return take(end,
              assess_client(*snapshot_, chain, action.local, services_.scheduler.wall_clock()));
}

LegEnd::Judgement Bridge::take(LegEnd& end, policy::Decision decision) {
  switch (decision.verdict) {
    case policy::Verdict::kRejected:
      record_.note_also(decision.further);
      return session::PeerRefused{std::move(*decision.refusal)};
    case policy::Verdict::kWouldReject: {
      auto& found = doubts(end);
      found.push_back(std::move(*decision.refusal));
      std::move(decision.further.begin(), decision.further.end(), std::back_inserter(found));
      return session::PeerObserved{};
    }
    case policy::Verdict::kExcepted:
      excepted_ = std::move(decision);
      break;
    case policy::Verdict::kAccepted:
      break;
  }
  return session::PeerAccepted{};
}

PeerEvidence Bridge::evidence_of(const LegEnd& wan) const {
  const auto role = is_near(wan) ? certs::PeerRole::kInitiating : certs::PeerRole::kReceiving;
  return {wan.transport().peer_chain(), wan.transport().tls_facts().version, role};
}

void Bridge::note_rule(const DomainName& remote) {
  record_.set_rule(std::string(
      policy::remote_policy(config(), remote, services_.scheduler.wall_clock()).pattern));
}

std::vector<Refusal>& Bridge::doubts(const LegEnd& end) {
  return is_near(end) ? near_doubts_ : far_doubts_;
}

void Bridge::on_would_refuse(LegEnd& end, Refusal refusal) {
  doubts(end).push_back(std::move(refusal));
}

xmpp::GuardRules Bridge::guard_rules(LegEnd& end, const xmpp::StreamHeader& peer_header) {
  using Traffic = xmpp::GuardRules::Traffic;
  const auto& limits = config().limits;
  xmpp::GuardRules rules;
  rules.declared = peer_header.declared;
  rules.stanza_bytes = limits.stanza_bytes;
  rules.depth = limits.depth;
  rules.attributes = limits.attributes;
  if (record_.kind() == StreamKind::kC2s) {
    rules.content_ns = xmpp::ns::kClient;
    rules.traffic = is_near(end) ? Traffic::kClientToHost : Traffic::kHostToClient;
    return rules;
  }
  rules.content_ns = xmpp::ns::kServer;
  // Near speaks to far: on an inbound stream the peer to us, on an outbound one we to the peer.
  const bool inbound = record_.kind() == StreamKind::kS2sInbound;
  const bool remote_speaks = is_near(end) == inbound;
  rules.from = remote_speaks ? *wanted_->remote : wanted_->local;
  rules.to = remote_speaks ? wanted_->local : *wanted_->remote;
  if (authenticated_) {
    rules.traffic = is_near(end) ? Traffic::kS2sStanzas : Traffic::kS2sSilent;
    rules.dialback_verify = policy::observes(config(), *wanted_->remote);
  } else {
    rules.traffic = is_near(end) ? Traffic::kS2sObserved : Traffic::kS2sObservedAnswers;
    rules.admits = [this, remote_speaks](const DomainName& from, const DomainName& to) {
      return admit(from, to, remote_speaks);
    };
  }
  return rules;
}

void Bridge::on_secured(LegEnd& end, std::chrono::milliseconds took) {
  if (side(end) != Side::kWan) return;
  const auto facts = end.transport().tls_facts();
  record_.set_tls(facts.version);
  record_.metrics().handshake(record_.kind(), facts.version, true, took);
  if (is_near(end)) record_.metrics().served_certificate(record_.kind(), facts.served_key);
}

void Bridge::on_tls_failed(LegEnd& end, const Refusal&) {
  if (side(end) == Side::kWan)
    record_.metrics().handshake(record_.kind(), TlsVersion::kUnknown, false,
                                std::chrono::microseconds(0));
}

}  // namespace portcullis::relay
