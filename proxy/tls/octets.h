#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portcullis::tls {

// Octets of a TLS message, read from the front. When they end too early, numbers are made of what
// is left and views are shorter: the library judges a malformed message by itself.
class Octets {
 public:
  explicit Octets(std::string_view all) : rest_(all) {}

  bool empty() const { return rest_.empty(); }
  // Big-endian; at most 4 octets.
  std::uint32_t number(std::size_t octets) {
    std::uint32_t value = 0;
    for (const char octet : take(octets)) value = value << 8U | static_cast<unsigned char>(octet);
    return value;
  }
  // That many octets, or all that are left.
  std::string_view take(std::size_t octets) {
    const auto taken = rest_.substr(0, octets);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

}  // namespace portcullis::tls
