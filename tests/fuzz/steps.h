#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portcullis::fuzz {

// An input that is a list of steps: the octet 0xFF, which no XML and no UTF-8 holds, then one octet
// that says what is done, then what it is done with, up to the next 0xFF. Octets before the first
// step belong to the caller.
struct Step {
  char what;
  std::string_view with;
};

constexpr char kStepMark = '\xff';

// The octets before the first step.
inline std::string_view preamble(std::string_view input) {
  return input.substr(0, input.find(kStepMark));
}

// Calls perform(Step) for each step, until it returns false or there were `at_most`.
template <class Perform>
void for_each_step(std::string_view input, std::size_t at_most, Perform perform) {
  auto mark = input.find(kStepMark);
  for (std::size_t done = 0; mark != input.npos && mark + 1 < input.size() && done < at_most;
       ++done) {
    const auto next = input.find(kStepMark, mark + 2);
    const auto end = next == input.npos ? input.size() : next;
    if (!perform(Step{input[mark + 1], input.substr(mark + 2, end - mark - 2)})) return;
    mark = next;
  }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace portcullis::fuzz
