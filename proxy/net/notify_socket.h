#pragma once

#include <string>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"

namespace portcullis::net {

// Where a service manager hears how its service is: datagrams on a Unix socket, as sd_notify(3)
// describes them. The protocol is a dozen words and stable; what libsystemd has for it may wait for
// ever.
class NotifySocket {
 public:
  // `address` as in NOTIFY_SOCKET: the path of a socket, or "@name" for one without a file. An
  // error when nobody receives there.
  static Result<NotifySocket> connect(std::string_view address);

  // One datagram; lines are separated by '\n'. Waits at most a second for a manager that does not
  // read; what it does not take then is an error and lost.
  Result<void> send(std::string_view message) const;

 private:
  NotifySocket(Descriptor socket, std::string_view address)
      : socket_(std::move(socket)), address_(address) {}

  Descriptor socket_;
  std::string address_;
};

}  // namespace portcullis::net
