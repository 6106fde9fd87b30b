#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/session/alphabet.h"
#include "tests/unit/session/bridge_driver.h"
#include "tests/unit/session/fingerprint.h"

// Two legs and their driver: a bridge in memory that can be copied and compared. Whatever the
// outside can do next is a move.
namespace portcullis::session {

class BridgeModel {
 public:
  using Outside = BridgeDriver::Outside;
  struct Move {
    std::string name;
    std::size_t end = 0;  // to whom the event happens
    std::variant<Event, Outside> what;
  };

  explicit BridgeModel(const BridgeSetup& setup) : setup_(&setup), driver_(setup) {}

  std::vector<Move> moves() const {
    std::vector<Move> all;
    if (driver_.over()) return all;
    add_moves_of(kNear, all);
    if (driver_.has_far()) add_moves_of(driver_.far(), all);
    if (driver_.looking_up()) {
      all.push_back({"the far end is found", kNear, Outside::kFound});
      all.push_back({"the far end is not found", kNear, Outside::kNotFound});
    }
    if (driver_.attempt_timer())
      all.push_back({"time for the far end is over", kNear, Outside::kAttemptTimeout});
    if (driver_.promises().established()) {
      all.push_back({"nothing happens for long", kNear, Outside::kIdle});
      all.push_back({"the time to linger is over", kNear, Outside::kLingered});
      if (driver_.end(kNear).state() == Relaying::name)
        all.push_back({"shutdown, the near end first", kNear, Outside::kLastWords});
    }
    all.push_back({"shutdown", kNear, Outside::kShutdown});
    return all;
  }

  // One for each way in which others, above all the certificate gate, can decide on the way.
  std::vector<BridgeModel> after(const Move& move) const {
    std::vector<BridgeModel> all;
    std::vector<std::size_t> script;
    do {
      all.push_back(*this);
      script = all.back().play(move, std::move(script));
    } while (!script.empty());
    return all;
  }

  std::string fingerprint() const {
    Fingerprint print;
    driver_.add_to(print);
    return print.text();
  }

  const std::string& broken() const { return driver_.broken(); }

  // Where the legs are, and what came of the bridge.
  std::vector<std::string> sights() const {
    std::vector<std::string> all{std::string("near ").append(driver_.end(kNear).state())};
    if (driver_.has_far())
      all.push_back(std::string("far ").append(driver_.end(driver_.far()).state()));
    if (driver_.promises().established())
      all.push_back(driver_.promises().both_proved() ? "authenticated" : "observed");
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
  static constexpr std::size_t kNear = BridgeDriver::kNear;
  static constexpr int kMostTurns = 20;

  void add_moves_of(std::size_t which, std::vector<Move>& all) const {
    const auto& end = driver_.end(which);
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

  // Others choose as `script` says. The script of the next possibility; empty: it was the last one.
  std::vector<std::size_t> play(const Move& move, std::vector<std::size_t> script) {
    driver_.choices().begin(std::move(script));
    if (const auto* event = std::get_if<Event>(&move.what))
      driver_.tell(move.end, *event);
    else
      driver_.make(std::get<Outside>(move.what));
    driver_.settle();
    return driver_.choices().end();
  }

  // Lets all deadlines pass that run.
  std::string wait(bool near_first) {
    for (int turn = 0; !driver_.over() && turn < kMostTurns; ++turn) {
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
      play(near_first ? waiting.front() : waiting.back(), {});
    }
    return driver_.over() ? driver_.broken() : "deadlines pass and the bridge is still open";
  }

  const BridgeSetup* setup_;
  BridgeDriver driver_;
};

}  // namespace portcullis::session
