#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::policy {

// What a value may look like, as far as an editor can check it.
struct ValueShape {
  enum class Type : std::uint8_t {
    kText,
    kTruth,
    kInteger,
    kSize,  // an integer, or a text such as "512KiB"
    kDate,
    kTable,  // its keys are those of the table with this name
  };
  Type type = Type::kText;
  bool is_list = false;                 // of such values
  bool may_be_off = false;              // a list in whose place "off" may stand
  std::vector<std::string> words = {};  // a text: one of these; empty: any
  std::string_view pattern = {};        // a text: a regular expression for all of it
  std::size_t least = 0;                // an integer
  // The largest integer, or the number of octets of a text.
  std::size_t most = std::numeric_limits<std::size_t>::max();
};

}  // namespace portcullis::policy
