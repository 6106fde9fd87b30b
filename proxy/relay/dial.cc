#include "proxy/relay/dial.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

// An attempt shorter than this is not worth a connection.
constexpr std::chrono::milliseconds kShortest{100};
constexpr unsigned kMostCalls = 2;

// The greater, the more it tells. That SRV records could not be looked up tells more than what is
// at the domain's own addresses, if it is no XMPP server.
int rank(const DialFailure& failure) {
  if (failure.phase == DialPhase::kLookUp) return 1;
  if (failure.spoke_xmpp) return 3;
  return failure.refusal.reason == policy::Reason::kOutOfDescriptors ? 2 : 0;
}

std::pair<int, policy::Weight> telling(const DialFailure& failure) {
  return {rank(failure), policy::info(failure.refusal.reason).weight};
}

}  // namespace

Dial::Dial(const std::vector<net::Candidate>& candidates, std::chrono::milliseconds ends)
    : ends_(ends) {
  for (const auto& candidate : candidates) candidates_.push_back({candidate});
}

std::optional<Dial::Attempt> Dial::next(std::chrono::milliseconds now, const Ask& ask) {
  std::optional<DialTarget> target;  // of the first candidate that is left
  const auto refused = [&](const Waiting& waiting) {
    auto asked = ask(waiting.candidate.address);
    if (asked) {
      if (!target) target = *asked;
      return false;
    }
    failed({std::move(asked.error())});
    return true;
  };
  std::erase_if(candidates_, refused);
  if (!target || ends_ - now < kShortest) return std::nullopt;
  const auto next = candidates_.front();
  candidates_.pop_front();
  return Attempt{*target, next.candidate.entry, {}, next.candidate.found, next.calls + 1};
}

void Dial::put_back(const std::vector<Attempt>& attempts) {
  for (auto one = attempts.rbegin(); one != attempts.rend(); ++one)
    if (one->calls < kMostCalls)
      candidates_.push_front({{one->target.address(), one->entry, one->found}, one->calls});
}

std::chrono::milliseconds Dial::share(std::chrono::milliseconds now) const {
  return std::max((ends_ - now) / static_cast<int>(candidates_.size() + 1), kShortest);
}

void Dial::failed(DialFailure failure) {
  if (!failure_ || telling(failure) >= telling(*failure_)) failure_ = std::move(failure);
}

}  // namespace portcullis::relay
