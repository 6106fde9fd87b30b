#include "proxy/tls/hello_size.h"

#include <openssl/ssl3.h>

#include <algorithm>

namespace portcullis::tls {

// Records of other types are passed over and do not end it: a client may say change_cipher_spec or
// a warning in front of a hello, and the library reads on.
bool HelloSize::follow(std::string_view octets) {
  while (!stopped_) {
    const auto piece = framing_.next(octets);
    if (!piece) return true;
    if (piece->type == SSL3_RT_HANDSHAKE && !follow_payload(piece->payload)) return false;
  }
  return true;
}

bool HelloSize::follow_payload(std::string_view octets) {
  while (!stopped_ && !octets.empty()) {
    if (message_left_ > 0) {
      const auto skipped = std::min(message_left_, octets.size());
      octets.remove_prefix(skipped);
      message_left_ -= skipped;
      continue;
    }
    message_.at(message_read_++) = static_cast<unsigned char>(octets.front());
    octets.remove_prefix(1);
    if (message_read_ < kMessageHeader) continue;
    message_read_ = 0;
    message_left_ = static_cast<std::size_t>(message_[1]) << 16U |
                    static_cast<std::size_t>(message_[2]) << 8U | message_[3];
    if (message_[0] != SSL3_MT_CLIENT_HELLO) stop();
    if (!stopped_ && message_left_ > kLimit) return false;
  }
  return true;
}

}  // namespace portcullis::tls
