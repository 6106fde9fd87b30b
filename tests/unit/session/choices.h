#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace portcullis::session {

// What others, above all the certificate gate, decide within a move. Each possibility is played: a
// script says what is chosen, one number for each choice.
class Choices {
 public:
  // Where the script has ended, the first possibility is chosen.
  void begin(std::vector<std::size_t> script) {
    script_ = std::move(script);
    options_.clear();
  }
  std::size_t among(std::size_t options) {
    const std::size_t at = options_.size();
    options_.push_back(options);
    return at < script_.size() ? script_[at] : 0;
  }
  // The script of the next possibility; empty: all were played. Nothing is left of this move.
  std::vector<std::size_t> end() {
    auto next = std::exchange(script_, {});
    const auto options = std::exchange(options_, {});
    next.resize(options.size());
    while (!next.empty() && next.back() + 1 == options[next.size() - 1]) next.pop_back();
    if (!next.empty()) ++next.back();
    return next;
  }

 private:
  std::vector<std::size_t> script_;
  std::vector<std::size_t> options_;  // among how many it was chosen, each time
};

}  // namespace portcullis::session
