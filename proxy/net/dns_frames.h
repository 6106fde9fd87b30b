#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::net {

// Messages of DNS over TCP: each has its length before it (RFC 1035 section 4.2.2). Pure.
std::string dns_frame(std::string_view message);

// Messages out of octets, as they arrive.
class DnsFrames {
 public:
  explicit DnsFrames(std::size_t longest) : longest_(longest) {}

  void add(std::string_view bytes);
  // The next message, if it has arrived whole. It may be empty.
  std::optional<std::string> next();
  // A message was announced that is too long: nothing comes any more.
  bool broken() const { return broken_; }

 private:
  const std::size_t longest_;
  std::string bytes_;
  std::size_t taken_ = 0;  // of them
  bool broken_ = false;
};

}  // namespace portcullis::net
