#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::telemetry {

// The streams whose steps are logged although log.debug is off, because an operator has asked for
// them: by the id of one stream, or by a domain at either end. Thread-safe. As long as nobody has
// asked, wants() is one look at a number.
class Traces {
 public:
  static constexpr std::size_t kMost = 16;

  // False: there are kMost others already.
  bool add(std::string target);
  void remove(std::string_view target);
  std::vector<std::string> all() const;
  // `from` and `to` as they stand in the log: with A-labels.
  bool wants(std::string_view id, std::string_view from, std::string_view to) const;

 private:
  std::atomic<std::size_t> count_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> targets_;
};

}  // namespace portcullis::telemetry
