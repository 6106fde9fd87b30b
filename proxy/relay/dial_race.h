#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "proxy/base/scheduler.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/dial_limits.h"
#include "proxy/relay/network.h"

namespace portcullis::relay {

// Connects to the candidates of a Dial: one after the other kApart, or at once when one has failed,
// without waiting for those before (RFC 8305). The first that connects wins, and the others are
// closed.
class DialRace {
 public:
  static constexpr std::chrono::milliseconds kApart{250};
  // So many at one time, if there are places for them. Where there are not, and more candidates
  // wait, the oldest call gives way after kPatience: one SYN that is lost is sent again after 1 s.
  static constexpr std::size_t kAtOnce = 8;
  static constexpr std::chrono::milliseconds kPatience{2000};

  class Owner {
   public:
    virtual ~Owner() = default;
    // Whether that address may be called. Asked right before it is.
    virtual DialTarget::Asked ask(const net::SocketAddress& address) = 0;
    // One call has failed; the race goes on. Must not destroy the race.
    virtual void on_not_connected(const net::SocketAddress& address,
                                  const Network::CallFailure& failure) = 0;
    // The race is over, until go_on() is called again. Both may destroy the race.
    virtual void on_connected(const Dial::Attempt& attempt, const MakeTransport& make) = 0;
    virtual void on_none_left() = 0;
  };

  // All references must outlive this.
  DialRace(Scheduler& scheduler, Network& network, Dial& dial, DialPlaces& places, Owner& owner);

  // Begins, or goes on after the one that had connected has failed. May end in on_none_left().
  void go_on();

 private:
  struct Runner {
    std::size_t number = 0;
    Dial::Attempt attempt;
    std::chrono::milliseconds began{0};
    std::unique_ptr<Network::Call> call;
  };

  void start_next();
  bool make_room();
  bool may_start();
  void on_time();
  void on_called(std::size_t number, Network::Called called);
  void win(Runner winner, const MakeTransport& make);
  void drop_oldest(std::chrono::milliseconds now);

  Scheduler& scheduler_;
  Network& network_;
  Dial& dial_;
  DialPlaces& places_;
  Owner& owner_;
  std::vector<Runner> runners_;             // in the order in which they began
  std::vector<DialLimits::Place> further_;  // of all but one of them
  std::unique_ptr<Scheduler::Timer> timer_;
  std::chrono::milliseconds wakes_{0};
  std::size_t started_ = 0;
};

}  // namespace portcullis::relay
