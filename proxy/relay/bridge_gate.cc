// The parts of a bridge that speak of identity: credentials, certificates, what may pass.

#include "certs/verify.h"
#include "policy/gate.h"
#include "proxy/base/clock.h"
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

  const auto& remote = is_near(end) ? action.host : wanted_->remote;
  if (!remote) return fail("no remote domain to make a certificate for");
  if (snapshot_->local_ca() == nullptr) return fail("no local CA is configured");
  auto leaf = snapshot_->local_ca()->mint(*remote, wall_clock_now());
  if (!leaf) return tl::unexpected(leaf.error());
  if (is_near(end)) return contexts.accept_backend(**leaf);
  return contexts.connect_backend(**leaf, wanted_->local);
}

std::optional<Refusal> Bridge::judge(LegEnd& end, const session::JudgePeer& action) {
  return side(end) == Side::kBackend ? judge_backend(end, action) : judge_peer(end, action);
}

std::optional<Refusal> Bridge::judge_backend(LegEnd& end, const session::JudgePeer& action) {
  const policy::Host* const host = config().host_for(action.local);
  const certs::PinnedKeys* const keys = host ? snapshot_->backend_keys(*host) : nullptr;
  if (keys == nullptr) return policy::refuse(Reason::kInternalError);
  const auto chain = end.transport().engine()->peer_chain();
  if (!chain.leaf || !keys->match(chain.leaf.get())) {
    Refusal refusal = not_the_backend(*host, chain.leaf != nullptr);
    services_.log.write(telemetry::Severity::kError, "backend",
                        {{"kind", name(record_.kind())},
                         {"host", host->domain.text()},
                         {"peer", end.transport().peer().text()},
                         {"detail", refusal.text}});
    return refusal;
  }
  // The backend is what it claims. May it speak to that peer at all?
  if (is_near(end) && action.remote && !config().federates_with(*action.remote))
    return policy::with_help(
        config(), policy::refuse(Reason::kFederationDenied, {{"domain", action.remote->text()}}));
  return std::nullopt;
}

std::optional<Refusal> Bridge::judge_peer(LegEnd& end, const session::JudgePeer& action) {
  const auto role = is_near(end) ? certs::PeerRole::kInitiating : certs::PeerRole::kReceiving;
  const auto& engine = *end.transport().engine();
  const auto now = wall_clock_now();
  const auto& trust = snapshot_->trust_for(policy::remote_policy(config(), *action.remote, now));
  const auto verdict = certs::verify_peer(engine.peer_chain(), *trust.anchors, *action.remote, role,
                                          trust.policy, now);
  policy::Evidence evidence{*action.remote, engine.facts().version, std::nullopt, {}};
  if (!verdict) evidence.certificate = verdict.error().refusal;
  return policy::certificate_gate(config(), evidence, now).refusal;
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
  rules.traffic = is_near(end) ? Traffic::kS2sStanzas : Traffic::kS2sSilent;
  const bool inbound = record_.kind() == StreamKind::kS2sInbound;
  rules.from = inbound ? wanted_->remote : wanted_->local;
  rules.to = inbound ? wanted_->local : *wanted_->remote;
  return rules;
}

void Bridge::on_secured(LegEnd& end, std::chrono::milliseconds took) {
  if (side(end) != Side::kWan) return;
  const auto facts = end.transport().engine()->facts();
  record_.set_tls(facts.version_name);
  record_.metrics().handshake(record_.kind(), facts.version_name, true, took);
  if (is_near(end)) record_.metrics().served_certificate(record_.kind(), facts.served_key);
}

void Bridge::on_tls_failed(LegEnd& end, const Refusal&) {
  if (side(end) == Side::kWan)
    record_.metrics().handshake(record_.kind(), "none", false, std::chrono::microseconds(0));
}

}  // namespace portcullis::relay
