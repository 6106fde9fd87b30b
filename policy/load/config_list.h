#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/load/config_value.h"

namespace portcullis::policy {

// Reads every element of a list with `read_one(element) -> std::optional<T>`. An element's place
// is remembered under its index in `target`.
template <class T, class ReadOne>
void read_list(const Value& value, std::string_view of, std::vector<T>& target, ReadOne read_one) {
  const auto* list = value.node.as_array();
  if (list == nullptr) return value.wrong_type("a list of " + std::string(of));
  for (const auto& node : *list) {
    const Value element{node, value.path + "[" + std::to_string(target.size()) + "]",
                        value.findings};
    if (auto item = read_one(element)) {
      element.findings.remember(element.path, element.where());
      target.push_back(std::move(*item));
    }
  }
}

// Null when the value is no string, which is then reported.
inline const std::string* string_of(const Value& value, std::string_view wanted) {
  if (const auto* text = value.node.as_string()) return &text->get();
  value.wrong_type(wanted);
  return nullptr;
}

}  // namespace portcullis::policy
