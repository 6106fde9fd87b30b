#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/report/domain_facts.h"
#include "proxy/report/log_time.h"
#include "proxy/report/tally.h"

namespace portcullis::report {

struct ReadOptions {
  TimeReference reference;
  // Decisions that are older than this are left out; those without a time are kept.
  std::optional<std::chrono::seconds> since;
  std::size_t max_rows = Tally::kMaxRows;
};

// What was read besides the decisions that were counted.
struct ReadCounts {
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0;  // decisions that could not be read, and lines that are too long
  std::uint64_t older = 0;       // left out because of `since`
  std::uint64_t undated = 0;     // decisions without a time
};

// Reads logs of any size and sums up their decisions, in bounded memory. Any octets are accepted.
class LogReader {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{64} * 1024;

  explicit LogReader(const ReadOptions& options)
      : options_(options), tally_(options.max_rows), domains_(options.max_rows) {}

  void feed(std::string_view octets);
  // Call it at the end of each file: the last line may have no line feed.
  void end_of_file();

  const Tally& tally() const { return tally_; }
  const DomainFacts& domains() const { return domains_; }
  const ReadCounts& counts() const { return counts_; }
  const ReadOptions& options() const { return options_; }

 private:
  void add(std::string_view piece, bool ends_line);
  void read(std::string_view line);

  ReadOptions options_;
  Tally tally_;
  DomainFacts domains_;
  ReadCounts counts_;
  std::string pending_;    // the beginning of a line whose end has not come yet
  bool too_long_ = false;  // the rest of a line that is too long is skipped
};

}  // namespace portcullis::report
