#include "policy/decide/clock_suspicion.h"

#include <algorithm>
#include <utility>

namespace portcullis::policy {

std::optional<OutOfTime> out_of_time(Reason reason) {
  if (reason == Reason::kExpired) return OutOfTime::kOver;
  if (reason == Reason::kNotYetValid) return OutOfTime::kNotYet;
  if (reason == Reason::kChainExpired) return OutOfTime::kEither;
  return std::nullopt;
}

// A clock is either ahead or behind. Servers with an old certificate are there at any time, those
// with a future one hardly ever: so the latter count for more.
bool ClockSuspicion::contradicts(OutOfTime how) const {
  return how == OutOfTime::kOver && how_ == OutOfTime::kNotYet;
}

ClockSuspicion::News ClockSuspicion::bad(OutOfTime how, std::string_view remote, Time now) {
  if (suspects_ || contradicts(how)) return News::kNone;
  const bool may_be_not_yet = how == OutOfTime::kNotYet || how_ == OutOfTime::kNotYet;
  if (standing_ > 0 && !may_be_not_yet) return News::kNone;
  if (how == OutOfTime::kNotYet && how_ == OutOfTime::kOver) row_.clear();
  row_.erase(std::remove_if(row_.begin(), row_.end(),
                            [&](const Seen& seen) {
                              return seen.domain == remote || now - seen.at > kWindow;
                            }),
             row_.end());
  if (row_.empty()) how_ = OutOfTime::kEither;
  if (how != OutOfTime::kEither) how_ = how;
  row_.push_back({std::string(remote), now});
  suspects_ = row_.size() >= kDomains;
  return suspects_ ? News::kBegins : News::kNone;
}

ClockSuspicion::News ClockSuspicion::good() {
  row_.clear();
  how_ = OutOfTime::kEither;
  return std::exchange(suspects_, false) ? News::kEnds : News::kNone;
}

std::vector<std::string> ClockSuspicion::domains() const {
  std::vector<std::string> all;
  for (const auto& seen : row_) all.push_back(seen.domain);
  return all;
}

}  // namespace portcullis::policy
