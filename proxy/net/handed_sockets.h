#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// Sockets of ours that somebody else has opened: a service manager, or the process that served
// before. Each one is found by what it is bound to. Those that nobody takes are closed with this.
class HandedSockets {
 public:
  HandedSockets() = default;

  // `name` is how messages call it. Fails, and closes it, where nobody could listen on it: it is no
  // socket, is connected, or does not listen.
  Result<void> add(Descriptor socket, std::string name);
  bool empty() const { return sockets_.empty(); }

  // All that listen on exactly this address. One for "[::]" has to take IPv4, too, as ours would.
  std::vector<Descriptor> take_tcp(const SocketAddress& address);
  // nullopt: there is none.
  std::optional<Descriptor> take_udp(const SocketAddress& address);
  // A Unix socket that listens; "@name" is one without a file.
  std::optional<Descriptor> take_local(const std::string& path);

  // What nobody has taken, each as "TCP 127.0.0.1:5222 (name)".
  std::vector<std::string> left() const;
  void close_left() { sockets_.clear(); }

 private:
  enum class Kind : std::uint8_t { kTcp, kUdp, kLocal };
  struct Socket {
    Descriptor descriptor;
    Kind kind;
    std::string bound_to;
    std::string name;
  };
  static Result<Socket> look_at(Descriptor descriptor, std::string name);
  std::vector<Descriptor> take(Kind kind, const std::string& bound_to);

  std::vector<Socket> sockets_;
};

// One more descriptor of the same socket; CLOEXEC is set. It owns none if descriptors have run out.
Descriptor duplicate(int descriptor);

// What systemd, or another program that keeps to its protocol, says in the environment; "" where it
// does not (sd_listen_fds(3)).
struct ListenEnvironment {
  std::string pid;    // LISTEN_PID: the process that this is said to
  std::string fds;    // LISTEN_FDS: how many descriptors it was given
  std::string names;  // LISTEN_FDNAMES: one for each, between colons
};
// The descriptors that were opened for this process. They are made CLOEXEC. `faults` gets a
// sentence for each that is of no use. For the start of the process, before it opens anything.
HandedSockets handed_in(const ListenEnvironment& environment, std::vector<std::string>& faults);

}  // namespace portcullis::net
