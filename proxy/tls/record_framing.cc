#include "proxy/tls/record_framing.h"

namespace portcullis::tls {

std::optional<RecordFraming::Piece> RecordFraming::next(std::string_view& octets) {
  if (payload_left_ > 0 && !octets.empty()) {
    const auto payload = octets.substr(0, payload_left_);
    octets.remove_prefix(payload.size());
    payload_left_ -= payload.size();
    return Piece{header_[0], false, payload};
  }
  while (!octets.empty()) {
    header_.at(header_read_++) = static_cast<unsigned char>(octets.front());
    octets.remove_prefix(1);
    if (header_read_ < kHeader) continue;
    header_read_ = 0;
    payload_left_ = static_cast<std::size_t>(header_[3]) << 8U | header_[4];
    return Piece{header_[0], true};
  }
  return std::nullopt;
}

}  // namespace portcullis::tls
