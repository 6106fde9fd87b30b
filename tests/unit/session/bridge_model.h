#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/session/alphabet.h"
#include "tests/unit/session/bridge_promises.h"
#include "tests/unit/session/fingerprint.h"
#include "tests/unit/session/leg_watch.h"

// Two legs and what proxy/relay does with them, but without sockets, TLS, look-ups and time: a
// bridge in memory that can be copied and compared. Whatever the outside can do next is a move.
namespace portcullis::session {

// What is fixed about a bridge.
struct BridgeSetup {
  std::string name;
  ReceivingProfile near;
  std::vector<TlsEntry> candidates;  // of the far end, tried one after the other
  bool client_tls = false;           // c2s: to the backend
  alphabet::Words near_headers;
  alphabet::Words near_elements;
  alphabet::Words far_headers;
  alphabet::Words far_elements;
  bool dialback = false;    // an authenticated peer's stream to the backend
  bool originates = false;  // toward a peer, where it takes no EXTERNAL
};

class BridgeModel {
 public:
  enum class Outside : std::uint8_t {
    kFound,
    kNotFound,
    kAttemptTimeout,
    kIdle,
    kLingered,
    kShutdown,
    kLastWords
  };
  struct Move {
    std::string name;
    std::size_t end = 0;  // to whom the event happens
    std::variant<Event, Outside> what;
  };

  explicit BridgeModel(const BridgeSetup& setup)
      : setup_(&setup), promises_(setup.near, setup.client_tls, setup.dialback, setup.originates) {
    ends_.emplace_back(ReceivingMachine(setup.near));
  }

  std::vector<Move> moves() const {
    std::vector<Move> all;
    if (over()) return all;
    add_moves_of(kNear, all);
    if (has_far()) add_moves_of(far_, all);
    if (looking_up_) {
      all.push_back({"the far end is found", kNear, Outside::kFound});
      all.push_back({"the far end is not found", kNear, Outside::kNotFound});
    }
    if (attempt_timer_)
      all.push_back({"time for the far end is over", kNear, Outside::kAttemptTimeout});
    if (promises_.established()) {
      all.push_back({"nothing happens for long", kNear, Outside::kIdle});
      all.push_back({"the time to linger is over", kNear, Outside::kLingered});
      if (ends_[kNear].state() == Relaying::name)
        all.push_back({"shutdown, the near end first", kNear, Outside::kLastWords});
    }
    all.push_back({"shutdown", kNear, Outside::kShutdown});
    return all;
  }

  // One for each way in which others, above all the certificate gate, can decide on the way.
  std::vector<BridgeModel> after(const Move& move) const {
    std::vector<BridgeModel> all;
    std::vector<std::size_t> script;
    while (true) {
      all.push_back(*this);
      auto& next = all.back();
      next.script_ = script;
      next.make(move);
      next.settle();
      script.resize(next.options_.size());
      while (!script.empty() && script.back() + 1 == next.options_[script.size() - 1])
        script.pop_back();
      next.script_.clear();
      next.options_.clear();
      if (script.empty()) return all;
      ++script.back();
    }
  }

  std::string fingerprint() const {
    Fingerprint print;
    for (const auto& end : ends_) end.add_to(print);
    promises_.add_to(print);
    print.add(wanted_, next_candidate_, looking_up_, attempt_timer_, far_ready_);
    return print.text();
  }

  const std::string& broken() const { return broken_; }

  // Where the legs are, and what came of the bridge.
  std::vector<std::string> sights() const {
    std::vector<std::string> all{std::string("near ").append(ends_[kNear].state())};
    if (has_far()) all.push_back(std::string("far ").append(ends_[far_].state()));
    if (promises_.established())
      all.push_back(promises_.both_proved() ? "authenticated" : "observed");
    return all;
  }

  // What is broken if nothing happens from here on but that time passes.
  std::string broken_by_time() const {
    for (const bool near_first : {true, false}) {
      auto later = *this;
      if (const auto broken = later.wait(near_first); !broken.empty()) return broken;
    }
    return {};
  }

 private:
  static constexpr std::size_t kNear = 0;
  static constexpr std::size_t kNobody = ~std::size_t{0};
  static constexpr int kMostTurns = 20;

  // One leg with its connection, as far as a driver knows it.
  struct End {
    using Leg = std::variant<ReceivingMachine, InitiatingMachine>;
    explicit End(Leg made)
        : leg(std::move(made)), watch(std::holds_alternative<ReceivingMachine>(leg)) {}

    const LegWatch::Seen& seen() const { return watch.seen(); }
    std::string_view state() const {
      return std::visit([](const auto& machine) { return name_of(machine.state); }, leg);
    }
    void add_to(Fingerprint& print) const {
      std::visit([&](const auto& machine) { machine.add_to(print); }, leg);
      watch.add_to(print);
      print.add(header_read, timer, announces);
    }

    Leg leg;
    LegWatch watch;
    bool header_read = false;  // of the current stream of the other end
    bool announces = false;    // the last BeginTls had an announcement
    bool timer = true;         // the deadline runs; the driver sets one from the start
    std::deque<Event> events;  // still to be told; empty between two moves
    bool busy = false;
    bool abandoned = false;  // its connection was closed without a word
  };

  // ---- What can happen

  void add_moves_of(std::size_t which, std::vector<Move>& all) const {
    const auto& end = ends_[which];
    if (end.seen().closed) return;
    const std::string who = which == kNear ? "near: " : "far: ";
    const auto add = [&](std::string_view name, Event event) {
      all.push_back({who + std::string(name), which, std::move(event)});
    };
    const auto add_all = [&](const alphabet::Words& words) {
      for (const auto& word : words) add(word.name, word.event);
    };
    if (end.timer) add("time is over", DeadlineExpired{});
    add("the connection is lost", TransportLost{"reset"});
    if (end.seen().relaying) {
      add("the connection is lost, undelivered", TransportLost{"reset", false, false});
      add("the connection is lost, not managed", TransportLost{"reset", false, false, false});
      add("it closed its half", TransportLost{"it closed the connection", true, true});
    }
    if (!end.seen().open) return add("the connection stands", TransportReady{});
    if (end.seen().securing) {
      add("TLS stands", TlsEstablished{TlsVersion::kTls13});
      add("TLS fails", TlsFailed{policy::refuse(policy::Reason::kTlsFailed, {{"detail", "x"}})});
      if (end.announces)
        add("no certificate for TLS", TlsFailed{policy::refuse(policy::Reason::kDialLimit), false});
      return add("plaintext behind TLS", PlaintextBehindTls{});
    }
    if (end.seen().holding && !end.seen().relaying) return;                  // it is not read
    if (end.seen().relaying && end.state() == AwaitingFarEnd::name) return;  // nor this
    add("bad XML",
        InputRefused{policy::refuse(policy::Reason::kXmlInvalid, {{"detail", "x"}}), {}});
    if (!end.header_read)
      return add_all(which == kNear ? setup_->near_headers : setup_->far_headers);
    add("</stream:stream>", StreamClosed{});
    if (end.seen().relaying)
      return add("<stream:error/>", ElementReceived{alphabet::stream_error()});
    add_all(which == kNear ? setup_->near_elements : setup_->far_elements);
  }

  void make(const Move& move) {
    if (const auto* event = std::get_if<Event>(&move.what))
      tell(move.end, *event);
    else
      make(std::get<Outside>(move.what));
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

  // What somebody else decides; each possibility is played.
  std::size_t choose(std::size_t options) {
    const std::size_t at = options_.size();
    options_.push_back(options);
    return at < script_.size() ? script_[at] : 0;
  }

  static FarFailed far_failed() {
    return {policy::refuse(policy::Reason::kPeerUnreachable, {{"detail", "x"}}), {}};
  }

  // ---- What the driver does: as LegEnd and Bridge of proxy/relay

  std::optional<BridgePromises::Role> role(std::size_t which) const {
    if (which == kNear) return BridgePromises::Role::kNear;
    if (which == far_) return BridgePromises::Role::kFar;
    return std::nullopt;  // an attempt that was given up
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
    switch (choose(may_observe ? 3 : 2)) {
      case 0:
        if (!setup_->originates && !promises_.stance().answers_keys)
          return tell(which, PeerAccepted{});
        return tell(which, PeerAccepted{.identified = choose(2) == 0});
      case 1:
        return tell(which, PeerRefused{policy::refuse(policy::Reason::kExpired, {{"date", "x"}})});
      default:
        return tell(which, PeerObserved{});
    }
  }

  void perform(std::size_t which, ProveBackend&) {
    if (choose(2) == 0) return tell(which, PeerAccepted{});
    tell(which, PeerRefused{policy::refuse(policy::Reason::kNotTheBackend)});
  }

  void perform(std::size_t, OpenFarLeg& wanted) {
    wanted_ = std::move(wanted);
    if (setup_->dialback && wanted_->approach == Approach::kAuthenticate)
      wanted_->approach = Approach::kDialback;
    if (setup_->originates && wanted_->approach == Approach::kAuthenticate)
      wanted_->approach = Approach::kExternalOrDialback;
    next_candidate_ = 0;
    if (choose(2) == 1) return tell(kNear, far_failed());
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

  // ---- Between two moves

  bool has_far() const { return far_ != kNobody; }
  bool over() const { return ends_[kNear].seen().closed && ends_.size() == 1; }

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

  // Lets all deadlines pass that run.
  std::string wait(bool near_first) {
    for (int turn = 0; !over() && turn < kMostTurns; ++turn) {
      auto waiting = moves();
      const auto is_time = [](const Move& move) {
        if (const auto* event = std::get_if<Event>(&move.what))
          return std::holds_alternative<DeadlineExpired>(*event);
        const auto outside = std::get<Outside>(move.what);
        return outside == Outside::kAttemptTimeout || outside == Outside::kIdle ||
               outside == Outside::kLingered;
      };
      waiting.erase(std::remove_if(waiting.begin(), waiting.end(), std::not_fn(is_time)),
                    waiting.end());
      if (waiting.empty()) return "no deadline runs, and the bridge is still open";
      make(near_first ? waiting.front() : waiting.back());
      settle();
      options_.clear();
    }
    return over() ? broken_ : "deadlines pass and the bridge is still open";
  }

  const BridgeSetup* setup_;
  std::vector<End> ends_;  // near first; the others are far or were
  std::size_t far_ = kNobody;
  std::optional<OpenFarLeg> wanted_;
  std::size_t next_candidate_ = 0;
  bool looking_up_ = false;
  bool attempt_timer_ = false;
  bool far_ready_ = false;
  BridgePromises promises_;
  std::string broken_;
  // The choices of others within a move: what to choose, and among how many it was.
  std::vector<std::size_t> script_;
  std::vector<std::size_t> options_;
};

}  // namespace portcullis::session
