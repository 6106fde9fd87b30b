// The parts of a bridge that make its legs: profiles, finding the far end, dialing it.

#include "policy/decide/remote_policy.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/relay/bridge.h"
#include "proxy/relay/stream_id.h"

namespace portcullis::relay {
namespace {

constexpr std::size_t kMaxSentence = 512;

// Our own users read it, in the bounce of what they sent: a sentence that speaks to the remote
// admin is quoted to them, one that speaks about the remote server stands as it is.
policy::Refusal for_our_users(policy::Refusal refusal) {
  switch (refusal.reason) {
    case policy::Reason::kRefusedByPeer:
    case policy::Reason::kNoSuchService:
    case policy::Reason::kDnsFailed:
    case policy::Reason::kPeerUnreachable:
    case policy::Reason::kPeerLeft:
    case policy::Reason::kNegotiationTimeout:
    case policy::Reason::kInternalError:
      return refusal;
    default:
      refusal.text = policy::printable(
          "The remote server is not trusted and was told: " + refusal.text, kMaxSentence);
      return refusal;
  }
}

}  // namespace

session::ReceivingLeg Bridge::near_leg() const {
  const auto& limits = config().limits;
  session::ReceivingProfile profile;
  profile.kind = record_.kind();
  profile.side = record_.kind() == StreamKind::kS2sOutbound ? Side::kBackend : Side::kWan;
  profile.entry = record_.entry();
  profile.before_tls = limits.before_tls;
  profile.negotiation = record_.kind() == StreamKind::kC2s ? limits.login : limits.negotiation;
  profile.stanza_bytes = limits.stanza_bytes;
  profile.serves = [snapshot = snapshot_](const DomainName& domain) {
    return snapshot->config().host_for(domain) != nullptr;
  };
  profile.stance = [snapshot = snapshot_, &clock = services_.scheduler](const DomainName& remote) {
    const auto policy = policy::remote_policy(snapshot->config(), remote, clock.wall_clock());
    return session::RemoteStance{policy.settings->mode == policy::Mode::kObserve,
                                 policy.settings->dialback == policy::Dialback::kCertified};
  };
  profile.judges_clients = snapshot_->client_trust() != nullptr;
  profile.new_stream_id = &random_stream_id;
  return session::ReceivingLeg(std::move(profile));
}

session::InitiatingLeg Bridge::far_leg(const Dial::Attempt& attempt) const {
  const bool outbound = record_.kind() == StreamKind::kS2sOutbound;
  session::InitiatingProfile profile{
      .kind = record_.kind(),
      .side = outbound ? Side::kWan : Side::kBackend,
      .entry = attempt.candidate.entry,
      .from = outbound ? wanted_->local : wanted_->remote,
      .to = outbound ? *wanted_->remote : wanted_->local,
      .client_from = wanted_->header.from,
      .negotiation = record_.kind() == StreamKind::kC2s ? config().limits.login : attempt.time,
      .approach = wanted_->approach,
      .initial_header = wanted_->header,
  };
  return session::InitiatingLeg(std::move(profile));
}

void Bridge::open_far(LegEnd& end, session::OpenFarLeg action) {
  if (!is_near(end)) return;
  wanted_ = std::move(action);
  if (record_.kind() == StreamKind::kS2sOutbound) {
    if (wanted_->approach == session::Approach::kObserve && !may_be_called()) return;
    find_peer();
  } else
    find_backend();
}

// Asked of the policy before a peer is called for a backend that nobody has authenticated yet.
bool Bridge::may_be_called() {
  auto answer = take(*near_, assess_federation(config(), wanted_->local, *wanted_->remote,
                                               services_.scheduler.wall_clock()));
  auto* const refused = std::get_if<session::PeerRefused>(&answer);
  if (refused == nullptr) return true;
  near_->dispatch(session::FarFailed{std::move(refused->refusal), {}});
  return false;
}

// Echoes of it are told from the far leg that follows by where they come from.
void Bridge::drop_far(LegEnd& end) {
  if (!is_near(end)) return;
  lookup_.reset();
  dial_.reset();
  attempt_timer_.reset();
  far_ready_ = false;
  if (!far_) return;
  closing_.push_back(std::move(far_));
  closing_.back()->dispatch(session::FarEnded{});
}

// One timer watches each step: looking up, then each attempt.
void Bridge::arm_attempt(std::chrono::milliseconds time) {
  attempt_timer_ = services_.scheduler.make_timer([this] {
    if (far_)
      far_->dispatch(session::DeadlineExpired{});
    else
      near_->dispatch(session::FarFailed{
          policy::refuse(policy::Reason::kDnsFailed,
                         {{"domain", far_name()}, {"detail", "the look-up took too long"}}),
          {}});
  });
  attempt_timer_->start(time);
}

std::string Bridge::far_name() const {
  return (record_.kind() == StreamKind::kS2sOutbound ? *wanted_->remote : wanted_->local).text();
}

void Bridge::find_peer() {
  const auto asked = services_.scheduler.now();
  arm_attempt(config().limits.dial);
  lookup_ = services_.network.find_server(*wanted_->remote, [this, asked](net::Candidates found) {
    const auto took = services_.scheduler.now() - asked;
    auto* candidates = std::get_if<std::vector<net::Candidate>>(&found);
    record_.metrics().dns_query(candidates != nullptr, took);
    if (near_->transport().closing()) return;
    if (candidates) {
      dial(std::move(*candidates), config().limits.dial - took);
    } else {
      const auto& none = std::get<net::NoCandidates>(found);
      attempt_timer_.reset();
      near_->dispatch(session::FarFailed{
          policy::refuse(none.reason, {{"domain", far_name()}, {"detail", none.detail}}), {}});
    }
  });
}

void Bridge::find_backend() {
  const policy::Host* const host = config().host_for(wanted_->local);
  const auto& endpoint = record_.kind() == StreamKind::kC2s ? host->backend.c2s : host->backend.s2s;
  if (!endpoint) {
    near_->dispatch(session::FarFailed{
        policy::refuse(policy::Reason::kHostUnknown, {{"domain", wanted_->local.text()}}), {}});
    return;
  }
  arm_attempt(config().limits.backend);
  lookup_ = services_.network.resolve_endpoint(
      *endpoint, [this](Result<std::vector<net::SocketAddress>> found) {
        if (near_->transport().closing()) return;
        std::vector<net::Candidate> candidates;
        if (found)
          for (const auto& address : *found) candidates.push_back({address, TlsEntry::kStartTls});
        else
          services_.log.write(telemetry::Severity::kError, "backend",
                              {{"host", wanted_->local.text()}, {"detail", found.error().message}});
        dial(std::move(candidates), config().limits.backend);
      });
}

void Bridge::dial(std::vector<net::Candidate> candidates, std::chrono::milliseconds budget) {
  dial_ = std::make_unique<Dial>(std::move(candidates), budget, services_.scheduler.now());
  try_next_candidate();
}

void Bridge::try_next_candidate() {
  if (const auto attempt = dial_->next(services_.scheduler.now())) {
    start_far(*attempt);
    return;
  }
  attempt_timer_.reset();
  const bool outbound = record_.kind() == StreamKind::kS2sOutbound;
  auto failure = dial_->failure().value_or(policy::refuse(
      outbound ? policy::Reason::kPeerUnreachable : policy::Reason::kBackendUnavailable,
      {{"domain", far_name()}, {"detail", "no address could be tried in time"}}));
  near_->dispatch(session::FarFailed{outbound ? for_our_users(std::move(failure)) : failure, {}});
}

void Bridge::start_far(const Dial::Attempt& attempt) {
  far_entry_ = attempt.candidate.entry;
  far_doubts_.clear();
  if (record_.kind() == StreamKind::kS2sOutbound) peer_certified_ = false;
  const auto& address = attempt.candidate.address;
  far_ = std::make_unique<LegEnd>(services_.scheduler, static_cast<LegEnd::Owner&>(*this),
                                  services_.scratch, far_leg(attempt), settings(attempt.time),
                                  services_.network.connect(address));
  if (record_.kind() == StreamKind::kS2sOutbound) record_.set_peer(address.text());
  if (record_.kind() == StreamKind::kC2s) {
    const auto protocol = config().host_for(wanted_->local)->backend.c2s_proxy_protocol;
    if (protocol != policy::ProxyProtocol::kOff)
      far_->transport().send(
          net::write_proxy_header(protocol, near_->transport().peer(), near_->transport().local()));
  }
  // Covers connecting, TLS and authentication together, however the leg arms its own deadline.
  arm_attempt(attempt.time);
}

void Bridge::far_failed(policy::Refusal refusal) {
  const bool outbound = record_.kind() == StreamKind::kS2sOutbound;
  if (outbound)
    record_.metrics().dial_attempt(false);
  else
    record_.metrics().backend_connection(record_.kind(), false);
  services_.log.write(outbound ? telemetry::Severity::kInfo : telemetry::Severity::kError,
                      outbound ? "dial" : "backend",
                      {{"kind", name(record_.kind())},
                       {"id", static_cast<std::int64_t>(record_.id())},
                       {"host", wanted_->local.text()},
                       {"address", far_->transport().peer().text()},
                       {"reason", policy::id(refusal.reason)},
                       {"detail", refusal.text}});
  dial_->failed(std::move(refusal));
  closing_.push_back(std::move(far_));
  try_next_candidate();
}

// The near leg is over before the far one was ready. A running look-up finds that out by itself.
void Bridge::give_up_far() {
  if (far_ready_) return;
  attempt_timer_.reset();
  if (!far_) return;
  far_->transport().abort();
  closing_.push_back(std::move(far_));
}

}  // namespace portcullis::relay
