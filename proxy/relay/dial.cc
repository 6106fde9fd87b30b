#include "proxy/relay/dial.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

// An attempt shorter than this is not worth a connection.
constexpr std::chrono::milliseconds kShortest{100};

// The greater, the more it tells.
std::pair<bool, policy::Weight> telling(const DialFailure& failure) {
  return {failure.spoke_xmpp, policy::info(failure.refusal.reason).weight};
}

}  // namespace

std::optional<Dial::Attempt> Dial::next(std::chrono::milliseconds now, const Ask& ask,
                                        const OnRefused& on_refused) {
  std::optional<DialTarget> target;  // of the first candidate that is left
  const auto refused = [&](const net::Candidate& candidate) {
    auto asked = ask(candidate.address);
    if (asked) {
      if (!target) target = *asked;
      return false;
    }
    on_refused(candidate.address, asked.error());
    failed({std::move(asked.error())});
    return true;
  };
  std::erase_if(candidates_, refused);
  const auto left = ends_ - now;
  if (!target || left < kShortest) return std::nullopt;
  const auto share = left / static_cast<int>(candidates_.size());
  const auto entry = candidates_.front().entry;
  candidates_.pop_front();
  return Attempt{*target, entry, std::max(share, kShortest)};
}

void Dial::failed(DialFailure failure) {
  if (!failure_ || telling(failure) >= telling(*failure_)) failure_ = std::move(failure);
}

}  // namespace portcullis::relay
