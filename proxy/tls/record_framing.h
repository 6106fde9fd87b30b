#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace portcullis::tls {

// Follows the records of one direction by their headers (RFC 8446 section 5.1), which are never
// encrypted. What the records hold is not looked at.
class RecordFraming {
 public:
  // The beginning of a record, or the next octets of its payload.
  struct Piece {
    unsigned char type = 0;
    bool begins = false;  // the header is complete now; no payload comes with it
    std::string_view payload = {};
  };

  // Takes the next piece from the front of `octets`, which came from the network in pieces of any
  // size. nullopt: all were taken.
  std::optional<Piece> next(std::string_view& octets);

 private:
  static constexpr std::size_t kHeader = 5;

  std::array<unsigned char, kHeader> header_{};
  std::size_t header_read_ = 0;
  std::size_t payload_left_ = 0;
};

}  // namespace portcullis::tls
