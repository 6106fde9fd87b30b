#pragma once

#include <cstddef>
#include <string_view>

namespace portcullis::setup {

// Whether what a server's own check says after a change was all said before it. Numbers of
// lines and columns do not count, because lines move when something is written in front of them,
// nor does when it was said. What cannot be compared, because it was cut, is new.
bool says_nothing_new(std::string_view before, std::string_view after);

// How much of such a text is kept. What is longer counts as cut.
inline constexpr std::size_t kLongestCheck = 100'000;

}  // namespace portcullis::setup
