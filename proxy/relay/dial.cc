#include "proxy/relay/dial.h"

#include <algorithm>

namespace portcullis::relay {
namespace {

// An attempt shorter than this is not worth a connection.
constexpr std::chrono::milliseconds kShortest{100};

policy::Weight weight(const policy::Refusal& refusal) {
  return policy::info(refusal.reason).weight;
}

}  // namespace

std::optional<Dial::Attempt> Dial::next(std::chrono::milliseconds now) {
  if (next_ >= candidates_.size()) return std::nullopt;
  const auto left = ends_ - now;
  if (left < kShortest) return std::nullopt;
  const auto share = left / static_cast<int>(candidates_.size() - next_);
  return Attempt{candidates_[next_++], std::max(share, kShortest)};
}

void Dial::failed(policy::Refusal refusal) {
  if (!failure_ || weight(refusal) >= weight(*failure_)) failure_ = std::move(refusal);
}

}  // namespace portcullis::relay
