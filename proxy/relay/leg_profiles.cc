#include "proxy/relay/leg_profiles.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "policy/decide/gate.h"
#include "policy/decide/remote_policy.h"
#include "policy/model/backend_habits.h"
#include "proxy/relay/stream_id.h"

namespace portcullis::relay {
namespace {

// No server sends longer ones. What is read before authentication is kept small.
constexpr std::size_t kMaxHeaderBytes = 4096;

// Openfire gives its own stream ten seconds, its way to us included. Who is told nothing by a
// stream error (answers_refused) has to be answered before that.
constexpr std::chrono::seconds kBeforeTheBackendGivesUp{8};

// As XEP-0478 says them: a part of a second is not promised.
std::uint64_t whole_seconds(std::chrono::milliseconds time) {
  return std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(time).count(), 1);
}

// In observe mode the handshake accepts key exchange by RSA, so that it can be counted.
bool judges_key_exchange(const Snapshot& snapshot) {
  const auto& config = snapshot.config();
  return config.forward_secrecy && config.c2s.mode == policy::Mode::kObserve;
}

// The configuration outlives the legs: it is that of their bridge.
session::AddHelp help_of(const policy::Config& config) {
  return [config = &config](policy::Refusal refusal) {
    return policy::with_help(*config, std::move(refusal));
  };
}

}  // namespace

bool answers_refused(const policy::Config& config, const DomainName& local) {
  const auto* const host = config.host_for(local);
  return host != nullptr && !policy::shows_stream_errors(host->backend.kind);
}

std::chrono::milliseconds time_to_reach(const StreamPlan& plan, const policy::Config& config,
                                        const DomainName& local) {
  const auto limit = config.limits.*plan.reach;
  if (!plan.calls_peer() || !answers_refused(config, local)) return limit;
  return std::min<std::chrono::milliseconds>(limit, kBeforeTheBackendGivesUp);
}

session::ReceivingLeg near_leg(const StreamPlan& plan, TlsEntry entry, const SnapshotPtr& snapshot,
                               const Scheduler& clock, session::AttemptCounter attempts) {
  const auto& limits = snapshot->config().limits;
  session::ReceivingProfile profile;
  profile.kind = plan.kind;
  profile.side = plan.near_side;
  profile.entry = entry;
  profile.before_tls = limits.before_tls;
  profile.negotiation = limits.*plan.negotiation;
  profile.limits = {limits.stanza_bytes, whole_seconds(limits.idle)};
  profile.login_limits = {limits.negotiation_bytes, whole_seconds(limits.login)};
  profile.serves = [snapshot](const DomainName& domain) {
    return snapshot->config().served(domain);
  };
  profile.stance = [snapshot, &clock](const DomainName& remote) {
    const auto policy = policy::remote_policy(snapshot->config(), remote, clock.wall_clock());
    return session::RemoteStance{policy.settings->mode == policy::Mode::kObserve,
                                 policy.settings->dialback == policy::Dialback::kCertified};
  };
  profile.judges_clients = snapshot->client_trust() != nullptr || judges_key_exchange(*snapshot);
  profile.answers_refused = [snapshot](const DomainName& local) {
    return relay::answers_refused(snapshot->config(), local);
  };
  profile.new_stream_id = &random_stream_id;
  profile.add_help = help_of(snapshot->config());
  profile.attempts = std::move(attempts);
  return session::ReceivingLeg(std::move(profile));
}

session::InitiatingLeg far_leg(const StreamPlan& plan, const policy::Config& config,
                               const session::OpenFarLeg& wanted, const Dial::Attempt& attempt) {
  const auto* const host = plan.between_servers ? nullptr : config.host_for(wanted.local);
  // The form that the server at the far end takes for a name.
  const auto names = plan.calls_peer() ? NameForm::kUnicode : config.names_of_backend(wanted.local);
  const auto named = [names](const std::optional<DomainName>& domain) {
    return domain ? std::optional(domain->for_server(names)) : std::nullopt;
  };
  session::InitiatingProfile profile{
      .kind = plan.kind,
      .side = plan.far_side,
      .entry = attempt.entry,
      .from = named(plan.calls_peer() ? wanted.local : wanted.remote),
      .to = *named(plan.calls_peer() ? *wanted.remote : wanted.local),
      // On c2s a person may be typing the password; a server answers at once.
      .negotiation = plan.between_servers ? attempt.time : config.limits.*plan.negotiation,
      .approach = wanted.approach,
      .client_tls = host != nullptr && host->backend.has_client_tls(),
      .end_point_binding = host != nullptr && host->backend.shares_certificate(),
      .initial_header = std::make_shared<const xmpp::StreamHeader>(wanted.header),
      .add_help = help_of(config),
  };
  return session::InitiatingLeg(std::move(profile));
}

LegEnd::Settings leg_settings(const StreamPlan& plan, Place place, const policy::Limits& limits,
                              std::chrono::milliseconds first_deadline) {
  xmpp::ReaderLimits reader;
  reader.header_bytes = std::min(limits.negotiation_bytes, kMaxHeaderBytes);
  reader.element_bytes = limits.negotiation_bytes;
  reader.depth = limits.depth;
  reader.attributes = limits.attributes;
  return {place, plan.side(place), reader, first_deadline, Patience::of(limits)};
}

}  // namespace portcullis::relay
