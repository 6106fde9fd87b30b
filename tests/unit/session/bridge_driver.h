#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/session/bridge_end.h"
#include "tests/unit/session/bridge_promises.h"
#include "tests/unit/session/choices.h"
#include "tests/unit/session/fingerprint.h"
#include "tests/unit/session/samples.h"

// What proxy/relay does with two legs, as LegEnd and Bridge, but without sockets, TLS, look-ups and
// time.
namespace portcullis::session {

class BridgeDriver {
 public:
  static constexpr std::size_t kNear = 0;

  // What happens to a bridge beside the events of its ends.
  enum class Outside : std::uint8_t {
    kFound,
    kNotFound,
    kAttemptTimeout,
    kIdle,
    kLingered,
    kShutdown,
    kLastWords
  };

  explicit BridgeDriver(const BridgeSetup& setup)
      : setup_(&setup), promises_(setup.near, setup.client_tls, setup.dialback, setup.originates) {
    ends_.emplace_back(ReceivingMachine(setup.near));
  }

  // What arises from an event is delivered behind it, never inside it.
  void tell(std::size_t which, Event event) {
    ends_[which].events.push_back(std::move(event));
    if (std::exchange(ends_[which].busy, true)) return;
    while (!ends_[which].events.empty()) {
      const Event next = std::move(ends_[which].events.front());
      ends_[which].events.pop_front();
      if (std::holds_alternative<HeaderReceived>(next)) ends_[which].header_read = true;
      if (std::holds_alternative<DeadlineExpired>(next)) ends_[which].timer = false;
      ends_[which].watch.before(next);
      if (const auto known = role(which)) promises_.before(*known, next);
      auto actions = std::visit([&](auto& leg) { return leg.handle(next); }, ends_[which].leg);
      for (auto& action : actions) {
        check(ends_[which].watch.after(action));
        if (const auto known = role(which)) check(promises_.after(*known, action));
        std::visit([&](auto& one) { perform(which, one); }, action);
      }
    }
    ends_[which].busy = false;
  }

  void make(Outside outside) {
    switch (outside) {
      case Outside::kFound:
        looking_up_ = false;
        return try_next_candidate();
      case Outside::kNotFound:
        looking_up_ = false;
        attempt_timer_ = false;
        return tell(kNear, far_failed());
      case Outside::kAttemptTimeout:
        attempt_timer_ = false;
        looking_up_ = false;
        return has_far() ? tell(far_, DeadlineExpired{}) : tell(kNear, far_failed());
      case Outside::kIdle:
        return tell(kNear, DeadlineExpired{});
      case Outside::kLingered:
        tell(kNear, DeadlineExpired{});
        if (has_far()) tell(far_, DeadlineExpired{});
        return;
      case Outside::kShutdown:
        tell(kNear, ShutdownRequested{});
        if (has_far()) tell(far_, ShutdownRequested{});
        return;
      case Outside::kLastWords:
        return tell(kNear, ShutdownRequested{.this_end_first = true});
    }
  }

  // Between two moves.
  void settle() {
    const bool near_closed = ends_[kNear].seen().closed;
    // The near end is still heard when the far leg has failed.
    const bool heard = ends_[kNear].state() == receiving::AwaitingRefusedHeader::name ||
                       ends_[kNear].state() == receiving::HearingRefused::name;
    for (std::size_t which = 1; which < ends_.size(); ++which) {
      const auto& end = ends_[which];
      const bool closed = end.seen().closed || end.abandoned;
      if (which != far_ && !closed) check("a leg that was dropped stays open");
      if (which == far_ && closed != near_closed && !heard)
        check(closed ? "the near leg was not told of the end"
                     : "the far leg was not told of the end");
    }
    if (has_far() && !heard && ends_[far_].seen().relaying != ends_[kNear].seen().relaying)
      check("only one of the legs relays");
    if (has_far() && ends_[far_].seen().closed) far_ = kNobody;
    // What is closed has no part in what follows.
    const std::size_t kept = has_far() ? 2 : 1;
    if (has_far() && far_ != 1) std::swap(ends_[1], ends_[std::exchange(far_, 1)]);
    ends_.erase(ends_.begin() + static_cast<std::ptrdiff_t>(kept), ends_.end());
    if (over()) check(promises_.gone());
  }

  bool over() const { return ends_[kNear].seen().closed && ends_.size() == 1; }
  bool has_far() const { return far_ != kNobody; }
  std::size_t far() const { return far_; }
  const BridgeEnd& end(std::size_t which) const { return ends_[which]; }
  bool looking_up() const { return looking_up_; }
  bool attempt_timer() const { return attempt_timer_; }
  const BridgePromises& promises() const { return promises_; }
  const std::string& broken() const { return broken_; }
  Choices& choices() { return choices_; }

  void add_to(Fingerprint& print) const {
    for (const auto& end : ends_) end.add_to(print);
    promises_.add_to(print);
    print.add(wanted_, next_candidate_, looking_up_, attempt_timer_, far_ready_);
  }

 private:
  static constexpr std::size_t kNobody = ~std::size_t{0};

  static FarFailed far_failed() {
    return {policy::refuse(policy::Reason::kPeerUnreachable, {{"detail", "x"}}), {}};
  }

  std::optional<BridgePromises::Role> role(std::size_t which) const {
    if (which == kNear) return BridgePromises::Role::kNear;
    if (which == far_) return BridgePromises::Role::kFar;
    return std::nullopt;  // an attempt that was given up
  }

  void check(std::string broken) {
    if (broken_.empty()) broken_ = std::move(broken);
  }

  void perform(std::size_t, Send&) {}
  void perform(std::size_t which, BeginTls& begin) {
    ends_[which].header_read = false;
    ends_[which].announces = !begin.announcement.empty();
  }
  void perform(std::size_t which, RestartStream&) { ends_[which].header_read = false; }
  void perform(std::size_t which, ArmDeadline&) {
    if (!ends_[which].seen().relaying) ends_[which].timer = true;
  }
  void perform(std::size_t, HoldInput&) {}
  void perform(std::size_t, ReleaseInput&) {}
  void perform(std::size_t, TrustInput&) {}
  void perform(std::size_t which, StartRelay&) { ends_[which].timer = false; }
  void perform(std::size_t which, HearStanzas&) { ends_[which].timer = true; }
  void perform(std::size_t, WouldRefuse&) {}
  void perform(std::size_t, Remark&) {}
  void perform(std::size_t, Refused&) {}
  void perform(std::size_t which, ReturnUndelivered&) {
    const auto other = which == kNear ? far_ : which == far_ ? kNear : kNobody;
    if (other != kNobody && ends_[other].seen().relaying)
      tell(other, FarUndelivered{"<message type='error'/>"});
  }
  void perform(std::size_t, StopPassing&) {}
  void perform(std::size_t which, Close&) {
    ends_[which].timer = false;
    const auto other = which == kNear ? far_ : which == far_ ? kNear : kNobody;
    if (other != kNobody && ends_[other].seen().relaying) tell(other, FarClosed{});
    if (which == kNear) give_up_far();
  }

  void perform(std::size_t which, JudgePeer&) {
    const bool wan = (which == kNear) != (setup_->near.kind == StreamKind::kS2sOutbound);
    const bool may_observe = wan && (promises_.is_client() || promises_.stance().observe);
    switch (choices_.among(may_observe ? 3 : 2)) {
      case 0:
        if (!setup_->originates && !promises_.stance().answers_keys)
          return tell(which, PeerAccepted{});
        return tell(which, PeerAccepted{.identified = choices_.among(2) == 0});
      case 1:
        return tell(which, PeerRefused{policy::refuse(policy::Reason::kExpired, {{"date", "x"}})});
      default:
        return tell(which, PeerObserved{});
    }
  }

  void perform(std::size_t which, ProveBackend&) {
    if (choices_.among(2) == 0) return tell(which, PeerAccepted{});
    tell(which, PeerRefused{policy::refuse(policy::Reason::kNotTheBackend)});
  }

  void perform(std::size_t, OpenFarLeg& wanted) {
    wanted_ = std::move(wanted);
    if (setup_->dialback && wanted_->approach == Approach::kAuthenticate)
      wanted_->approach = Approach::kDialback;
    if (setup_->originates && wanted_->approach == Approach::kAuthenticate)
      wanted_->approach = Approach::kExternalOrDialback;
    next_candidate_ = 0;
    if (choices_.among(2) == 1) return tell(kNear, far_failed());
    looking_up_ = true;
    attempt_timer_ = true;
  }

  void perform(std::size_t, DropFarLeg&) {
    looking_up_ = false;
    attempt_timer_ = false;
    far_ready_ = false;
    if (has_far()) tell(std::exchange(far_, kNobody), FarEnded{});
  }

  void perform(std::size_t from, ToFar& action) {
    auto& event = action.event;
    if (from == kNear) {
      if (!has_far()) {
        if (!std::holds_alternative<FarFailed>(event)) check("told to a far leg that is not there");
        return give_up_far();
      }
      return std::visit([&](auto& one) { tell(far_, std::move(one)); }, event);
    }
    if (from != far_) return;  // the echo of an attempt that was given up
    const auto* const failed = std::get_if<FarFailed>(&event);
    if (failed != nullptr && !far_ready_ && !is_the_backends_answer(*failed)) {
      far_ = kNobody;
      return try_next_candidate();
    }
    far_ready_ = true;
    attempt_timer_ = false;
    std::visit([&](auto& one) { tell(kNear, std::move(one)); }, event);
  }

  void give_up_far() {
    if (far_ready_) return;
    looking_up_ = false;
    attempt_timer_ = false;
    if (has_far()) ends_[std::exchange(far_, kNobody)].abandoned = true;
  }

  void try_next_candidate() {
    attempt_timer_ = false;
    if (next_candidate_ == setup_->candidates.size()) return tell(kNear, far_failed());
    far_ = ends_.size();
    ends_.emplace_back(InitiatingMachine(far_profile(setup_->candidates[next_candidate_++])));
    promises_.far_starts();
    attempt_timer_ = true;
  }

  InitiatingProfile far_profile(TlsEntry entry) const {
    const auto kind = setup_->near.kind;
    const bool outbound = kind == StreamKind::kS2sOutbound;
    return {.kind = kind,
            .side = outbound ? Side::kWan : Side::kBackend,
            .entry = entry,
            .from = outbound ? wanted_->local : wanted_->remote,
            .to = outbound ? *wanted_->remote : wanted_->local,
            .negotiation = std::chrono::seconds(10),
            .approach = wanted_->approach,
            .client_tls = setup_->client_tls,
            .initial_header = std::make_shared<const xmpp::StreamHeader>(wanted_->header),
            .dialback_keys = samples::dialback_keys()};
  }

  const BridgeSetup* setup_;
  std::vector<BridgeEnd> ends_;  // near first; the others are far or were
  std::size_t far_ = kNobody;
  std::optional<OpenFarLeg> wanted_;
  std::size_t next_candidate_ = 0;
  bool looking_up_ = false;
  bool attempt_timer_ = false;
  bool far_ready_ = false;
  BridgePromises promises_;
  std::string broken_;
  Choices choices_;
};

}  // namespace portcullis::session
