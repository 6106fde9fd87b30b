#include "proxy/net/dns_frames.h"

#include <cstdint>
#include <utility>

#include "proxy/base/octets.h"

namespace portcullis::net {
namespace {

constexpr std::size_t kLength = 2;

}  // namespace

std::string dns_frame(std::string_view message) {
  std::string frame;
  append_number(frame, static_cast<std::uint32_t>(message.size()), kLength);
  return frame += message;
}

void DnsFrames::add(std::string_view bytes) {
  bytes_.erase(0, std::exchange(taken_, 0));
  bytes_ += bytes;
}

std::optional<std::string> DnsFrames::next() {
  const auto left = std::string_view(bytes_).substr(taken_);
  if (broken_ || left.size() < kLength) return std::nullopt;
  const std::size_t size = Octets(left).number(kLength);
  broken_ = size > longest_;
  if (broken_ || left.size() < kLength + size) return std::nullopt;
  std::string message(left.substr(kLength, size));
  taken_ += kLength + size;
  // Nothing is held while nothing has come.
  if (taken_ == bytes_.size()) bytes_ = {};
  if (bytes_.empty()) taken_ = 0;
  return message;
}

}  // namespace portcullis::net
