#include "policy/model/quantity.h"

#include <array>
#include <charconv>

namespace portcullis::policy {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kTimeUnits{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                                Unit{"ms", 1}};
constexpr std::array kSizeUnits{Unit{"MiB", 1024UL * 1024UL}, Unit{"KiB", 1024}};
// Larger than any bound, and small enough that the multiplication cannot overflow.
constexpr std::uint64_t kMaxNumber = 1'000'000'000;

template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, number);
  if (status != std::errc{} || number > kMaxNumber) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  for (const auto& known : units) {
    if (unit == known.name) return number * known.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string write(std::uint64_t number, const std::array<Unit, N>& units) {
  for (const auto& unit : units) {
    if (number > 0 && number % unit.factor == 0)
      return std::to_string(number / unit.factor) + std::string(unit.name);
  }
  return std::to_string(number);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto number = parse(text, kTimeUnits);
  if (!number) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

std::optional<std::size_t> parse_size(std::string_view text) {
  return parse(text, kSizeUnits);
}

std::string quantity_text(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";  // a number without a unit is no duration
  return write(static_cast<std::uint64_t>(duration.count()), kTimeUnits);
}

std::string quantity_text(std::size_t size) {
  return write(size, kSizeUnits);
}

std::string quantity_text(std::int64_t count) {
  return std::to_string(count);
}

}  // namespace portcullis::policy
