#include "proxy/setup/check_words.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace portcullis::setup {
namespace {

// The ends of lines are not printable, and became this.
constexpr char kLineEnd = '?';

std::set<std::string, std::less<>> lines_of(std::string_view text) {
  std::set<std::string, std::less<>> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find(kLineEnd), text.size());
    std::string line(text.substr(0, end));
    std::erase_if(line, [](char c) { return c == ' ' || ('0' <= c && c <= '9'); });
    lines.insert(std::move(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

bool says_nothing_new(std::string_view before, std::string_view after) {
  if (after.size() >= kLongestCheck) return false;
  const auto known = lines_of(before);
  const auto said = lines_of(after);
  return std::includes(known.begin(), known.end(), said.begin(), said.end());
}

}  // namespace portcullis::setup
