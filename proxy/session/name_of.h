#pragma once

#include <string_view>
#include <variant>

namespace portcullis::session {

// The name of the state or event that a variant holds.
template <class... Alternatives>
std::string_view name_of(const std::variant<Alternatives...>& held) {
  return std::visit([](const auto& one) -> std::string_view { return one.name; }, held);
}

}  // namespace portcullis::session
