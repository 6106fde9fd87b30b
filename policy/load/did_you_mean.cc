#include "policy/load/did_you_mean.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace portcullis::policy {
namespace {

// All keys are shorter, so a longer word is not a mistyped key.
constexpr std::size_t kMaxLength = 40;
using Row = std::array<std::size_t, kMaxLength + 1>;

// Optimal string alignment distance; both at most kMaxLength long.
std::size_t distance(std::string_view a, std::string_view b) {
  Row before_last{};
  Row last{};
  Row current{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = current;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> did_you_mean(std::string_view word,
                                             std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kMaxLength) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto candidate : candidates) {
    if (candidate.size() > kMaxLength) continue;
    const auto far = distance(word, candidate);
    if (far >= least) continue;
    least = far;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace portcullis::policy
