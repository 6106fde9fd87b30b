#include "proxy/relay/leg_profiles.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "policy/decide/gate.h"
#include "policy/decide/remote_policy.h"
#include "policy/model/backend_habits.h"
#include "policy/model/neighbours.h"
#include "proxy/net/inner_addresses.h"
#include "proxy/relay/stream_id.h"

namespace portcullis::relay {
namespace {

// No server sends longer ones. What is read before authentication is kept small.
constexpr std::size_t kMaxHeaderBytes = 4096;

// A peer may say so many elements of the greatest length before it is authenticated, white space
// included, and a client in addition one that is longer. A login has 2 to 6, and none of them is
// nearly that long. The own server may say as many of its greatest length.
constexpr std::size_t kElementsBeforeRelay = 16;

// Any program of this machine may call itself the backend. A key or a question about one is below
// 4 KiB, and STARTTLS is shorter.
constexpr std::size_t kUnprovedElement = std::size_t{32} * 1024;

// Openfire gives its own stream ten seconds, its way to us included. Who is told nothing by a
// stream error (answers_refused) has to be answered before that.
constexpr std::chrono::seconds kBeforeTheBackendGivesUp{8};

// As XEP-0478 says them: a part of a second is not promised.
std::uint64_t whole_seconds(std::chrono::milliseconds time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time).count();
  return whole < 1 ? 1 : static_cast<std::uint64_t>(whole);
}

// In observe mode the handshake accepts key exchange by RSA, so that it can be counted.
bool judges_key_exchange(const Snapshot& snapshot) {
  const auto& config = snapshot.config();
  return config.forward_secrecy && config.c2s.mode == policy::Mode::kObserve;
}

// What the other side is told in the words of the operator's own server.
bool is_said_by_backend(policy::Reason reason) {
  using policy::Reason;
  return reason == Reason::kRefusedByBackend || reason == Reason::kBackendStopping ||
         reason == Reason::kBackendTooStrict;
}

// The configuration outlives the legs: it is that of their bridge.
session::AddHelp help_of(const policy::Config& config) {
  return [config = &config](policy::Refusal refusal) {
    if (is_said_by_backend(refusal.reason))
      refusal.text = net::without_inner_addresses(refusal.text);
    return policy::with_help(*config, std::move(refusal));
  };
}

// Few hosts have any.
std::shared_ptr<const std::vector<Endpoint>> redirects_of(const policy::Host* host) {
  if (host == nullptr || host->backend.redirects.empty()) return nullptr;
  return std::make_shared<const std::vector<Endpoint>>(host->backend.redirects);
}

}  // namespace

namespace {

bool shows_no_stream_errors(const policy::Config& config, const DomainName& local) {
  const auto* const host = config.host_for(local);
  return host != nullptr && !policy::shows_stream_errors(host->backend.kind);
}

bool is_by_dialback(const policy::Host& host) {
  return host.backend.s2s && host.backend.s2s_auth == policy::BackendAuth::kDialback;
}

// Whoever is served is no originating server that we speak for: a server behind the gate answers
// for itself.
session::DialbackTerms dialback_of(const SnapshotPtr& snapshot) {
  const auto spoken = [snapshot](const DomainName* local) {
    const auto& config = snapshot->config();
    if (local != nullptr) return speaks_dialback(config, *local);
    return std::any_of(config.hosts.begin(), config.hosts.end(), &is_by_dialback);
  };
  return {spoken,
          [spoken, snapshot, keys = snapshot->dialback().keys(xmpp::DialbackPlace::kBackend)](
              const xmpp::DialbackRequest& request) {
            return spoken(&request.from) && snapshot->config().served(request.to) == nullptr &&
                   keys->is_right(request.key, request.from, request.to, request.id);
          }};
}

// Keys for peers, which whoever asks has been told.
session::DialbackTerms keys_for_peers(const SnapshotPtr& snapshot) {
  return {{},
          [keys = snapshot->dialback().keys(xmpp::DialbackPlace::kWan)](
              const xmpp::DialbackRequest& request) {
            return keys->is_right(request.key, request.from, request.to, request.id);
          }};
}

}  // namespace

// A stream that is told to be good before the peer is called is in the same place.
bool answers_refused(const policy::Config& config, const DomainName& local) {
  return shows_no_stream_errors(config, local) || speaks_dialback(config, local);
}

bool speaks_dialback(const policy::Config& config, const DomainName& local) {
  const auto* const host = config.host_for(local);
  return host != nullptr && is_by_dialback(*host);
}

bool originates_dialback(const policy::Config& config, const DomainName& local,
                         const DomainName& remote) {
  if (config.host_for(remote) != nullptr) return false;
  const auto& settings = *policy::remote_policy(config, remote, {}).settings;
  const bool observed = settings.mode == policy::Mode::kObserve && !speaks_dialback(config, local);
  return settings.originate_dialback == policy::OriginateDialback::kCertified && !observed;
}

std::chrono::milliseconds time_to_reach(const StreamPlan& near, const StreamPlan& far,
                                        const policy::Config& config, const DomainName& local) {
  const auto limit = config.limits.*far.reach;
  if (near.near_side != Side::kBackend || speaks_dialback(config, local) ||
      !shows_no_stream_errors(config, local))
    return limit;
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
  profile.connects = [snapshot](const DomainName& local, const DomainName& remote) {
    return policy::are_connected(snapshot->config(), local, remote);
  };
  profile.stance = [snapshot, &clock](const DomainName& local, const DomainName& remote) {
    if (snapshot->config().host_for(remote) != nullptr) return session::RemoteStance();
    const bool may_observe = !speaks_dialback(snapshot->config(), local);  // docs/decisions/0029
    const auto policy = policy::remote_policy(snapshot->config(), remote, clock.wall_clock());
    return session::RemoteStance{may_observe && policy.settings->mode == policy::Mode::kObserve,
                                 policy.settings->dialback == policy::Dialback::kCertified,
                                 originates_dialback(snapshot->config(), local, remote)};
  };
  profile.judges_clients = snapshot->client_trust() != nullptr || judges_key_exchange(*snapshot);
  profile.answers_refused = [snapshot](const DomainName& local) {
    return relay::answers_refused(snapshot->config(), local);
  };
  if (plan.between_servers)
    profile.dialback =
        plan.near_side == Side::kBackend ? dialback_of(snapshot) : keys_for_peers(snapshot);
  profile.new_stream_id = &random_stream_id;
  profile.add_help = help_of(snapshot->config());
  profile.attempts = std::move(attempts);
  return session::ReceivingLeg(std::move(profile));
}

session::Approach approach_to_backend(const policy::Config& config, const DomainName& local) {
  const auto* const host = config.host_for(local);
  return host != nullptr && host->backend.s2s_auth == policy::BackendAuth::kDialback
             ? session::Approach::kDialback
             : session::Approach::kAuthenticate;
}

session::Approach approach_to_peer(const policy::Config& config, const DomainName& local,
                                   const DomainName& remote) {
  return originates_dialback(config, local, remote) ? session::Approach::kExternalOrDialback
                                                    : session::Approach::kAuthenticate;
}

session::InitiatingLeg far_leg(const StreamPlan& plan, const Snapshot& snapshot,
                               const session::OpenFarLeg& wanted, const Dial::Attempt& attempt) {
  DialbackSecret::Keys keys;
  if (wanted.approach == session::Approach::kDialback)
    keys = snapshot.dialback().keys(xmpp::DialbackPlace::kBackend);
  else if (wanted.approach == session::Approach::kExternalOrDialback)
    keys = snapshot.dialback().keys(xmpp::DialbackPlace::kWan);
  return far_leg(plan, snapshot.config(), wanted, attempt, std::move(keys));
}

session::InitiatingLeg far_leg(const StreamPlan& plan, const policy::Config& config,
                               const session::OpenFarLeg& wanted, const Dial::Attempt& attempt,
                               DialbackSecret::Keys dialback_keys) {
  const auto* const host = plan.calls_peer() ? nullptr : config.host_for(wanted.local);
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
      // On c2s the client waits as long as it likes, and servers that have much to do are slow.
      // While a person may be typing, the leg does not mind its time.
      .negotiation = plan.between_servers ? attempt.time : config.limits.negotiation,
      .approach = wanted.approach,
      .client_tls = !plan.between_servers && host != nullptr && host->backend.has_client_tls(),
      .end_point_binding =
          !plan.between_servers && host != nullptr && host->backend.shares_certificate(),
      .initial_header = std::make_shared<const xmpp::StreamHeader>(wanted.header),
      .add_help = help_of(config),
      .redirects = redirects_of(host),
      .dialback_keys = std::move(dialback_keys),
  };
  return session::InitiatingLeg(std::move(profile));
}

LegEnd::Settings leg_settings(const StreamPlan& plan, Place place, const policy::Limits& limits,
                              std::chrono::milliseconds first_deadline) {
  const bool own = plan.side(place) == Side::kBackend;
  LegEnd::Settings settings{place, plan.side(place), {}, first_deadline, Patience::of(limits)};
  auto& reader = settings.limits;
  reader.header_bytes = std::min(limits.negotiation_bytes, kMaxHeaderBytes);
  reader.element_bytes = own ? limits.backend_stanza_bytes : limits.*plan.element_bytes;
  reader.depth = own ? limits.backend_depth : limits.depth;
  reader.attributes = own ? limits.backend_attributes : limits.attributes;
  settings.octets_before_relay = kElementsBeforeRelay * limits.negotiation_bytes;
  if (reader.element_bytes > limits.negotiation_bytes)
    settings.octets_before_relay +=
        own ? kElementsBeforeRelay * reader.element_bytes : reader.element_bytes;
  if (!own)
    settings.clear_element_bytes = std::min(reader.element_bytes, limits.negotiation_bytes);
  else if (place == Place::kNear)
    settings.clear_element_bytes = std::min(reader.element_bytes, kUnprovedElement);
  return settings;
}

void set_limits(xmpp::GuardRules& rules, const policy::Limits& limits, Side side) {
  const bool own = side == Side::kBackend;
  rules.stanza_bytes = own ? limits.backend_stanza_bytes : limits.stanza_bytes;
  rules.depth = own ? limits.backend_depth : limits.depth;
  rules.attributes = own ? limits.backend_attributes : limits.attributes;
}

}  // namespace portcullis::relay
