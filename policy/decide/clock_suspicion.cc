#include "policy/decide/clock_suspicion.h"

#include <string_view>
#include <utility>

namespace portcullis::policy {

std::optional<OutOfTime> out_of_time(Reason reason) {
  if (reason == Reason::kExpired) return OutOfTime::kOver;
  if (reason == Reason::kNotYetValid) return OutOfTime::kNotYet;
  if (reason == Reason::kChainExpired) return OutOfTime::kEither;
  return std::nullopt;
}

namespace {

// Whether `domain` is a name under `other`.
bool is_under(std::string_view domain, std::string_view other) {
  return domain.size() > other.size() && domain.ends_with(other) &&
         domain[domain.size() - other.size() - 1] == '.';
}

bool is_one(const ClockSuspicion::Server& a, const ClockSuspicion::Server& b) {
  return a.domain == b.domain || is_under(a.domain, b.domain) || is_under(b.domain, a.domain) ||
         (!a.key.empty() && a.key == b.key);
}

}  // namespace

// A clock is either ahead or behind. Servers with an old certificate are there at any time, those
// with a future one hardly ever: so the latter count for more.
ClockSuspicion::News ClockSuspicion::bad(OutOfTime how, Server server, Time now) {
  if (suspects_) return News::kNone;
  // First of all: what is forgotten neither contradicts nor agrees.
  std::erase_if(row_, [&](const Seen& seen) { return now - seen.at > kWindow; });
  const auto before = this->how();
  if (how == OutOfTime::kOver && before == OutOfTime::kNotYet) return News::kNone;
  const bool may_be_not_yet = how == OutOfTime::kNotYet || before == OutOfTime::kNotYet;
  if (standing_ > 0 && !may_be_not_yet) return News::kNone;
  if (how == OutOfTime::kNotYet && before == OutOfTime::kOver) row_.clear();
  std::erase_if(row_, [&](const Seen& seen) { return is_one(seen.server, server); });
  row_.push_back({std::move(server), how, now});
  suspects_ = row_.size() >= kServers;
  return suspects_ ? News::kBegins : News::kNone;
}

ClockSuspicion::News ClockSuspicion::good() {
  row_.clear();
  return std::exchange(suspects_, false) ? News::kEnds : News::kNone;
}

OutOfTime ClockSuspicion::how() const {
  for (const auto& seen : row_)
    if (seen.how != OutOfTime::kEither) return seen.how;
  return OutOfTime::kEither;
}

std::vector<std::string> ClockSuspicion::domains() const {
  std::vector<std::string> all;
  for (const auto& seen : row_) all.push_back(seen.server.domain);
  return all;
}

}  // namespace portcullis::policy
