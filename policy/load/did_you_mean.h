#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace portcullis::policy {

// The candidate that was most likely meant by `word`: the nearest by edit distance (insert, delete,
// replace, swap of neighbours), if it is near enough to be worth a question.
std::optional<std::string_view> did_you_mean(std::string_view word,
                                             std::span<const std::string_view> candidates);

}  // namespace portcullis::policy
