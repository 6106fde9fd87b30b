#include "proxy/tls/hello_size.h"

#include <openssl/ssl3.h>

#include <algorithm>

namespace portcullis::tls {

bool HelloSize::follow(std::string_view octets) {
  while (!stopped_ && !octets.empty()) {
    if (record_left_ == 0) {
      record_.at(record_read_++) = static_cast<unsigned char>(octets.front());
      octets.remove_prefix(1);
      if (record_read_ < kRecordHeader) continue;
      record_read_ = 0;
      record_left_ = static_cast<std::size_t>(record_[3]) << 8U | record_[4];
      const auto type = record_[0];
      // Between two hellos a client may say change_cipher_spec, which means nothing in TLS 1.3.
      if (type != SSL3_RT_HANDSHAKE && type != SSL3_RT_CHANGE_CIPHER_SPEC) stop();
      continue;
    }
    const auto payload = octets.substr(0, record_left_);
    octets.remove_prefix(payload.size());
    record_left_ -= payload.size();
    if (record_[0] == SSL3_RT_HANDSHAKE && !follow_payload(payload)) return false;
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
