#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis {

// The kinds of keys that the operator's certificates can have.
enum class KeyType : std::uint8_t { kEcdsa, kRsa, kEddsa };

// The word in log lines, metrics and messages.
constexpr std::string_view name(KeyType type) {
  switch (type) {
    case KeyType::kEcdsa:
      return "ecdsa";
    case KeyType::kRsa:
      return "rsa";
    case KeyType::kEddsa:
      return "eddsa";
  }
  return "";
}

}  // namespace portcullis
