#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <string>

#include "proxy/net/descriptor.h"

namespace portcullis::test {

// A service manager's end of NOTIFY_SOCKET, at a path or at "@name".
class NotifiedManager {
 public:
  explicit NotifiedManager(const std::string& address) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    address.copy(own.sun_path, sizeof own.sun_path - 1);
    if (address.front() == '@') own.sun_path[0] = '\0';
    const auto size = offsetof(sockaddr_un, sun_path) + address.size();
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&own),
                     static_cast<socklen_t>(size)),
              0);
  }

  // The next datagram; "" when there is none.
  std::string received() const {
    char text[512];
    const auto got = ::recv(socket_.get(), text, sizeof text, MSG_DONTWAIT);
    return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : "";
  }

 private:
  net::Descriptor socket_;
};

}  // namespace portcullis::test
