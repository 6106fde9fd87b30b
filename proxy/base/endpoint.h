#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis {

// "127.0.0.1:5269", "[::1]:5269" or "prosody:5269". `host` has no brackets. parse() demands a port
// from 1 to 65535; it does not check whether a name exists.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  static Result<Endpoint> parse(std::string_view text);
  std::string text() const;
  bool is_ip_literal() const;
  bool operator==(const Endpoint&) const = default;
};

}  // namespace portcullis
