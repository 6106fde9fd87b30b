#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace portcullis::setup {

// The words that ejabberd takes for true and for false in its configuration; no others.
inline bool is_true_for_ejabberd(std::string_view word) {
  constexpr std::array<std::string_view, 4> kWords{"true", "on", "yes", "y"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}
inline bool is_false_for_ejabberd(std::string_view word) {
  constexpr std::array<std::string_view, 4> kWords{"false", "off", "no", "n"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace portcullis::setup
