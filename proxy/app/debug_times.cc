#include "proxy/app/debug_times.h"

#include <utility>

#include "proxy/telemetry/traces.h"

namespace portcullis::app {

Result<void> DebugTimes::begin(const std::string& target, std::chrono::seconds time) {
  if (!log_.traces().add(target))
    return fail("the steps of " + std::to_string(telemetry::Traces::kMost) +
                " others are logged already; end one with \"portcullis debug NAME --for 0s\"");
  auto& one = all_[target];
  if (!one.timer) one.timer = std::make_unique<net::Timer>(loop_, [this, target] { end(target); });
  one.timer->start(time);
  one.until = loop_.wall_clock() + time;
  return {};
}

bool DebugTimes::end(const std::string& target) {
  log_.traces().remove(target);
  const auto found = all_.find(target);
  if (found == all_.end()) return false;
  // The timer may be the one that calls this.
  loop_.defer([kept = std::shared_ptr<net::Timer>(std::move(found->second.timer))] {});
  all_.erase(found);
  return true;
}

std::vector<status::TraceRow> DebugTimes::rows() const {
  std::vector<status::TraceRow> rows;
  for (const auto& [target, one] : all_) rows.push_back({target, one.until});
  return rows;
}

}  // namespace portcullis::app
