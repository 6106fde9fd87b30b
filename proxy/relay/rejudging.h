#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "proxy/base/scheduler.h"

namespace portcullis::relay {

// The order in which the streams of one event loop are judged by a newer generation of the
// configuration. Judging verifies certificates again and takes time, so only a few are judged in
// one turn of the loop, and all others relay in between. Streams that have to end because the way
// to the backend is another one now do so one after the other: everybody who is ended connects
// again, and all clients at once would be too many for gate and backend.
class Rejudging {
 public:
  static constexpr std::size_t kJudgedPerTurn = 32;
  static constexpr std::size_t kEndedPerSecond = 50;

  struct Streams {
    // Judges the stream; true if it has to end, but may wait. A stream that is gone is passed over.
    std::function<bool(std::uint64_t id)> judge;
    std::function<void(std::uint64_t id)> end;
  };

  // `scheduler` must outlive this.
  Rejudging(Scheduler& scheduler, Streams streams);

  // Begins anew with all of `ids`: what was still to be judged or ended is among them, or is gone.
  void begin(std::vector<std::uint64_t> ids);
  // Goes on where it was left because memory ran out. To be called from time to time.
  void go_on();

 private:
  void judge_some();
  void end_some();

  Scheduler& scheduler_;
  Streams streams_;
  std::vector<std::uint64_t> to_judge_;
  std::deque<std::uint64_t> to_end_;
  std::unique_ptr<Scheduler::Timer> timer_;  // the next ends
  bool pausing_ = false;                     // the timer runs
  bool scheduled_ = false;                   // judge_some() will be called
  // Deferred tasks look at this to know whether this still exists.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace portcullis::relay
