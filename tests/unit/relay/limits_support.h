#pragma once

#include <memory>
#include <string>

#include "proxy/relay/connection_limits.h"

namespace portcullis::relay {

inline std::shared_ptr<ConnectionLimits> limits_with(const policy::Limits& limits) {
  return std::make_shared<ConnectionLimits>(ConnectionLimits::Settings::of(limits).value());
}

// "07": the last two digits of a network, so that networks differ only there.
inline std::string two_digits(int number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

inline net::SocketAddress peer_at(const std::string& host, std::uint16_t port = 1) {
  return net::SocketAddress::from(Endpoint{host, port}).value();
}

}  // namespace portcullis::relay
