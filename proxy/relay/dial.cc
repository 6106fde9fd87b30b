#include "proxy/relay/dial.h"

#include <algorithm>

namespace portcullis::relay {
namespace {

// An attempt shorter than this is not worth a connection.
constexpr std::chrono::milliseconds kShortest{100};

int weight(policy::Reason reason) {
  switch (reason) {
    case policy::Reason::kPeerUnreachable:
    case policy::Reason::kBackendUnavailable:
      return 0;
    case policy::Reason::kNegotiationTimeout:
    case policy::Reason::kTlsFailed:
      return 1;
    default:
      return 2;
  }
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
  if (!failure_ || weight(refusal.reason) >= weight(failure_->reason))
    failure_ = std::move(refusal);
}

}  // namespace portcullis::relay
