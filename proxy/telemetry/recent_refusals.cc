#include "proxy/telemetry/recent_refusals.h"

#include <algorithm>
#include <utility>

#include "proxy/telemetry/log_queue.h"

namespace portcullis::telemetry {
namespace {

// The decision line escapes these; here they are kept as they will be shown.
constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestDetail = 512;

bool same(const RecentRefusal& one, const RecentRefusal& other) {
  return one.kind == other.kind && one.verdict == other.verdict && one.reason == other.reason &&
         one.from == other.from && one.to == other.to;
}

}  // namespace

void RecentRefusals::note(RecentRefusal refusal) {
  for (auto* const text : {&refusal.from, &refusal.to, &refusal.peer, &refusal.rule})
    *text = policy::printable(*text, kLongestName);
  refusal.detail = policy::printable(refusal.detail, kLongestDetail);
  const std::lock_guard lock(mutex_);
  auto& place = places_.at(calls_peer(refusal.kind) ? 1 : 0);
  const auto known =
      std::find_if(place.begin(), place.end(), [&](const auto& one) { return same(one, refusal); });
  if (known != place.end()) {
    refusal.times += known->times;
    place.erase(known);
  }
  place.push_front(std::move(refusal));
  if (place.size() > kMost) place.pop_back();
}

std::vector<RecentRefusal> RecentRefusals::all() const {
  std::vector<RecentRefusal> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& place : places_) all.insert(all.end(), place.begin(), place.end());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& one, const auto& other) { return one.at > other.at; });
  return all;
}

}  // namespace portcullis::telemetry
