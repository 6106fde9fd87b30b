#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/app/control.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/relay/lost_stream.h"
#include "proxy/relay/snapshot.h"
#include "proxy/relay/worker.h"

namespace portcullis::app {

// What was found about the established streams.
struct Foreseen {
  static constexpr std::size_t kMostRows = 2'000;

  std::uint64_t judged = 0;
  std::map<relay::LostStream, std::uint64_t> lost;  // how many of each would end
  std::uint64_t further = 0;                        // that would end, and for which there is no row
  bool complete = true;                             // every event loop has answered
  std::string file;       // whose configuration it serves, as an absolute path
  bool observes = false;  // `mode` of [policy], as it is in force

  void add(relay::LostStream stream);
};

// One JSON object on one line. ASCII only.
std::string json_of(const Foreseen& found);
// Reads what json_of() has written; an error for anything else.
Result<Foreseen> read_foreseen(const std::string& json);

// Says which of the established streams would end if `mode` were "enforce". Streams are judged on
// their own loops, a few in one turn, because that verifies certificates again. Used on one loop,
// which is not that of a worker.
class Foresight {
 public:
  using Workers = std::vector<std::unique_ptr<relay::Worker>>;

  static constexpr std::size_t kJudgedPerTurn = 32;
  // Shorter than that of who asks.
  static constexpr std::chrono::milliseconds kPatience{45'000};

  // Both outlive this.
  Foresight(net::Loop& loop, const Workers& workers,
            std::chrono::milliseconds patience = kPatience);
  Foresight(const Foresight&) = delete;
  Foresight& operator=(const Foresight&) = delete;

  // Answers with json_of(), or with why not. One question at a time.
  void ask(const relay::SnapshotPtr& running, ControlReply reply);

 private:
  struct Round;

  void judge_some(const std::shared_ptr<Round>& round, std::size_t worker,
                  std::vector<std::uint64_t> ids);
  void finish(bool complete);

  net::Loop& loop_;
  const Workers& workers_;
  const std::chrono::milliseconds patience_;
  std::shared_ptr<Round> round_;  // null: nobody asks
  std::unique_ptr<net::Timer> deadline_;
  // What the workers send back looks at this to know whether this still exists.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace portcullis::app
