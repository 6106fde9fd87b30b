#include "proxy/setup/check_words.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <string>

namespace portcullis::setup {
namespace {

// The ends of lines are not printable, and became this.
constexpr char kLineEnd = '?';

bool is_digit(char c) {
  return '0' <= c && c <= '9';
}

std::size_t digits_at(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) -
                                  text.begin());
}

// Digits in the place of each "9", anything of `shape` else as it stands.
bool begins_like(std::string_view word, std::string_view shape) {
  if (word.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '9' ? !is_digit(word[i]) : word[i] != shape[i]) return false;
  return true;
}

// When a server wrote a line, and which of its processes: that differs each time it is asked.
bool is_of_the_moment(std::string_view word) {
  if (begins_like(word, "9999-99-99") || begins_like(word, "99:99:99")) return true;
  if (!begins_like(word, "<9")) return false;
  const auto end = word.find_first_not_of("0123456789.", 1);
  return end != std::string_view::npos && word[end] == '>';
}

// Whether a number between these two is that of a line or a column, or counts what has its own
// lines. A port, or a digit of a name, is a part of what is said.
bool is_place(std::string_view before, std::string_view after) {
  if (before.ends_with("line ") || before.ends_with("Line ")) return true;
  if (after.starts_with(" problem")) return true;
  if (!before.ends_with(':') || !after.starts_with(':')) return false;
  before.remove_suffix(1);
  return !before.empty() && !is_digit(before.back()) && before.back() != ']';
}

std::string without_places(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const bool begins = out.empty() || out.back() == ' ';
    if (begins && is_of_the_moment(line)) {
      const auto word = line.substr(0, line.find(' '));
      std::copy_if(word.begin(), word.end(), std::back_inserter(out),
                   [](char c) { return !is_digit(c); });
      line.remove_prefix(word.size());
      continue;
    }
    const auto count = digits_at(line);
    if (count == 0 || !is_place(out, line.substr(count)))
      out += line.substr(0, std::max(count, std::size_t{1}));
    line.remove_prefix(std::max(count, std::size_t{1}));
  }
  std::erase(out, ' ');
  return out;
}

std::set<std::string, std::less<>> distinct_lines(std::string_view text) {
  std::set<std::string, std::less<>> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find(kLineEnd), text.size());
    lines.insert(without_places(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

bool says_nothing_new(std::string_view before, std::string_view after) {
  if (after.size() >= kLongestCheck) return false;
  const auto known = distinct_lines(before);
  const auto said = distinct_lines(after);
  return std::includes(known.begin(), known.end(), said.begin(), said.end());
}

}  // namespace portcullis::setup
