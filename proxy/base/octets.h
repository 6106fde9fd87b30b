#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace portcullis {

// Octets of a message, read from the front. When they end too early, numbers are made of what is
// left, views are shorter, and is_short() tells of it.
class Octets {
 public:
  explicit Octets(std::string_view all) : rest_(all) {}

  bool empty() const { return rest_.empty(); }
  bool is_short() const { return short_; }
  // Big-endian; at most 4 octets.
  std::uint32_t number(std::size_t octets) {
    std::uint32_t value = 0;
    for (const char octet : take(octets)) value = value << 8U | static_cast<unsigned char>(octet);
    return value;
  }
  // That many octets, or all that are left.
  std::string_view take(std::size_t octets) {
    short_ = short_ || octets > rest_.size();
    const auto taken = rest_.substr(0, octets);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  // The rest cannot be read: as if it were not there.
  void cut() {
    rest_ = {};
    short_ = true;
  }

 private:
  std::string_view rest_;
  bool short_ = false;
};

// Big-endian, the lowest `octets` octets of it.
inline void append_number(std::string& out, std::uint32_t value, std::size_t octets) {
  while (octets-- > 0) out += static_cast<char>(value >> 8 * octets & 0xff);
}

}  // namespace portcullis
