#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "proxy/telemetry/log_queue.h"

namespace portcullis::telemetry {

// Writes lines to a descriptor on a thread of its own, so that whoever says a line never waits for
// the one who reads it: a pipe that nobody reads, a disk that is slow. Thread-safe.
//
// A crash loses the lines that wait. Where the reader keeps up that is what was said in the last
// moment; where it does not, it is up to the bound of the queue.
class LogWriter {
 public:
  struct Settings {
    int descriptor;  // borrowed; its file status flags are not changed
    // What is written is made by journal_entry(), and goes to the journal's socket where that
    // answers.
    bool to_journal = false;
    LogQueue::Bounds bounds = {};
    // The destructor writes what waits for this long, then gives up: the lines that are left are
    // dropped and counted, and a last line says how many, if the descriptor takes it.
    std::chrono::milliseconds flush = std::chrono::seconds(1);
    // Makes the line that says that so many lines are missing before it. Called on the thread.
    std::function<std::string(std::uint64_t dropped)> gap;
    // A line was dropped. Called on the thread that said it, on ours, or by the destructor.
    std::function<void(LogRank rank)> on_dropped;
  };

  // Starts the thread: to be called when the process has forked and changed its user, if it does.
  explicit LogWriter(Settings settings);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // `line` ends with a line feed. Never waits for who reads it.
  void write(std::string&& line, LogRank rank);

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace portcullis::telemetry
