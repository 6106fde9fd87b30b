#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/tls/record_framing.h"

namespace portcullis::tls {

// Follows the records of a client up to the end of its ClientHello, and of a second one, which it
// sends when we asked for another group. The library makes room for a message as soon as it has
// read the message's length, 128 KiB for a ClientHello, so that nine octets would cost that much.
class HelloSize {
 public:
  // Four times what a client needs that has post-quantum groups and a ticket with a certificate.
  static constexpr std::size_t kLimit = std::size_t{16} * 1024;

  // Takes octets as they came from the network, in pieces of any size. False: a ClientHello says
  // that it is longer than kLimit.
  bool follow(std::string_view octets);
  // Nothing that follows is read any more: it may be encrypted.
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

 private:
  static constexpr std::size_t kMessageHeader = 4;  // RFC 8446 section 4

  bool follow_payload(std::string_view octets);

  RecordFraming framing_;
  std::array<unsigned char, kMessageHeader> message_{};
  std::size_t message_read_ = 0;  // octets of its header
  std::size_t message_left_ = 0;  // octets of its body
  bool stopped_ = false;
};

}  // namespace portcullis::tls
