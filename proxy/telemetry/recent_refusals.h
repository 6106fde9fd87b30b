#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "policy/decide/verdict.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::telemetry {

// One refusal, or several of the same domains for the same reason. All text is printable, and its
// length is bounded.
struct RecentRefusal {
  StreamKind kind = StreamKind::kS2sInbound;
  policy::Verdict verdict = policy::Verdict::kRejected;  // or kWouldReject
  policy::Reason reason = policy::Reason::kInternalError;
  std::string from;  // as in the log's decision line
  std::string to;
  std::string peer;  // the address of the last one
  std::string rule;
  std::string detail;             // of the last one, as the operator reads it
  std::chrono::sys_seconds at{};  // the last one
  std::uint64_t times = 1;
};

// The last refusals, for those who look at the running program. Anybody can bring refusals about,
// so those of who has connected have a place of their own and push out nothing of what our own
// servers have called. Thread-safe.
class RecentRefusals {
 public:
  static constexpr std::size_t kMost = 25;  // of each place

  void note(RecentRefusal refusal);
  // The newest first.
  std::vector<RecentRefusal> all() const;

 private:
  mutable std::mutex mutex_;
  std::array<std::deque<RecentRefusal>, 2> places_;  // incoming, outgoing; the newest first
};

}  // namespace portcullis::telemetry
