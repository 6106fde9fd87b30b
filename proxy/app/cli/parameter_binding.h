#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "proxy/app/cli/command_table.h"

namespace portcullis::app {

// How a given text becomes the member of an options struct, and how its default is written.

inline void assign(std::string& target, const std::string& given) {
  target = given;
}
inline void assign(std::optional<std::string>& target, const std::string& given) {
  target = given;
}
inline void assign(std::vector<std::string>& target, const std::string& given) {
  target.push_back(given);
}
inline void assign(bool& target, const std::string& /*given*/) {
  target = true;
}
// The parser has checked that it is a number between the bounds of its row.
inline void assign(int& target, const std::string& given) {
  std::from_chars(given.data(), given.data() + given.size(), target);
}

inline std::string written(const std::string& value) {
  return value;
}
inline std::string written(const std::optional<std::string>& value) {
  return value.value_or("");
}
inline std::string written(const std::vector<std::string>& values) {
  std::string all;
  for (const auto& value : values) all += (all.empty() ? "" : " ") + value;
  return all;
}
inline std::string written(bool /*value*/) {
  return {};
}
inline std::string written(int value) {
  return std::to_string(value);
}

// The row for the member `Member` of the options `Options`.
template <auto Options, auto Member>
constexpr Parameter bind(Parameter row) {
  row.take = [](CommandLine& line, const std::string& given) {
    assign((line.*Options).*Member, given);
  };
  row.fallback = [](const CommandLine& line) { return written((line.*Options).*Member); };
  return row;
}

}  // namespace portcullis::app
