#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::telemetry {

// A label of a metric is a type, and this says how it is shown. Each such type has one
// specialization, in labels.h:
//
//   kName     the name of the label
//   kMeaning  what its value tells, for docs/metrics.md
//   word()    the word for a value
//
// If all values are known beforehand the label is closed, and all series of a metric exist from the
// start. Then it also has:
//
//   kSize          the number of values
//   at(), index()  the value with a number, and the number of a value
template <class Value>
struct Label;

// The page of docs/ that lists the values, if they are too many to list them again.
template <class Value>
inline constexpr std::string_view kListedIn{};

template <class Value>
concept ClosedLabel = requires {
  Label<Value>::kSize;
};

// The number of values of an enumeration, found by asking its name() for one after the other. The
// values must count from 0 without a gap. name() is a switch without `default:`, so the compiler
// refuses a value that has no word.
template <class Enum>
consteval std::size_t count_named() {
  std::size_t count = 0;
  while (!name(static_cast<Enum>(count)).empty()) ++count;
  return count;
}

template <class Enum>
struct EnumLabel {
  static constexpr std::size_t kSize = count_named<Enum>();
  static constexpr Enum at(std::size_t i) { return static_cast<Enum>(i); }
  static constexpr std::size_t index(Enum value) { return static_cast<std::size_t>(value); }
  static constexpr std::string_view word(Enum value) { return name(value); }
};

// A value that may be absent.
inline constexpr std::string_view kNoValue = "none";
template <class Value>
inline constexpr std::string_view kListedIn<std::optional<Value>> = kListedIn<Value>;
template <class Value>
struct Label<std::optional<Value>> {
  using Inner = Label<Value>;

  static constexpr std::string_view kName = Inner::kName;
  static constexpr std::string_view kMeaning = Inner::kMeaning;
  static constexpr std::size_t kSize = Inner::kSize + 1;
  static constexpr std::optional<Value> at(std::size_t i) {
    return i == 0 ? std::nullopt : std::optional<Value>(Inner::at(i - 1));
  }
  static constexpr std::size_t index(const std::optional<Value>& value) {
    return value ? Inner::index(*value) + 1 : 0;
  }
  static constexpr std::string_view word(const std::optional<Value>& value) {
    return value ? Inner::word(*value) : kNoValue;
  }
};

}  // namespace portcullis::telemetry
