#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/report/log_time.h"
#include "proxy/report/tally.h"

namespace portcullis::report {

struct ReadOptions {
  TimeReference reference;
  std::optional<std::chrono::seconds> since;  // older lines are left out; those without time stay
  std::size_t max_rows = Tally::kMaxRows;
};

// What was read beside the decisions that were counted.
struct ReadCounts {
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0;  // decisions that could not be read, and lines beyond all bounds
  std::uint64_t older = 0;       // left out because of `since`
  std::uint64_t undated = 0;     // decisions without a time
};

// Logs in, sums out; a stream of any size in bounded memory. Takes any octets.
class LogReader {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{64} * 1024;

  explicit LogReader(const ReadOptions& options) : options_(options), tally_(options.max_rows) {}

  void feed(std::string_view octets);
  // The end of one file: its last line may lack the line feed.
  void end_of_file();

  const Tally& tally() const { return tally_; }
  const ReadCounts& counts() const { return counts_; }
  const ReadOptions& options() const { return options_; }

 private:
  void take(std::string_view piece, bool ends_line);
  void read(std::string_view line);

  ReadOptions options_;
  Tally tally_;
  ReadCounts counts_;
  std::string pending_;    // the beginning of a line whose end has not come yet
  bool too_long_ = false;  // pending_ was given up; its rest is skipped
};

}  // namespace portcullis::report
