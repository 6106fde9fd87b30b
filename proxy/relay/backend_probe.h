#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net/loop.h"
#include "proxy/net/resolver.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/net/timer.h"
#include "proxy/relay/backend_health.h"
#include "proxy/telemetry/log.h"
#include "proxy/xmpp/stream_reader.h"

namespace portcullis::relay {

// Asks one backend once whether it answers: opens a connection and a stream in the clear, and
// closes both when the backend's stream header is there. That finds a process that hangs, too: the
// kernel takes connections for it all the same. Nothing is authenticated, and no domain of a peer
// is named.
class BackendProbe final : private net::TcpSocket::Handler {
 public:
  // `why` says what went wrong; empty: the backend answers. It is not called when no descriptor is
  // left, because that says nothing about the backend.
  using Done = std::function<void(const std::string& why)>;

  // `done` is called once, unless this is destroyed before; it must not destroy this. `loop` must
  // outlive this.
  BackendProbe(net::Loop& loop, BackendHealth::Backend backend, Done done);

  // The connection is closed, and `done` was called.
  bool over() const { return over_; }

 private:
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_end() override;
  void on_error(int uv_error) override;
  void on_drained() override {}

  void try_next(const std::string& why);
  void tell(const std::string& why);
  void close();

  net::Loop& loop_;
  const BackendHealth::Backend backend_;
  Done done_;
  net::Timer timer_;
  std::unique_ptr<net::Resolver::Lookup> lookup_;
  std::vector<net::SocketAddress> addresses_;
  std::size_t next_ = 0;
  std::unique_ptr<net::TcpSocket> socket_;
  std::optional<xmpp::StreamReader> reader_;
  bool over_ = false;
};

// Probes backends that no stream has called for a while. However many there are, only one probe is
// under way at a time, and one begins per second at most. Lives on one loop.
class BackendProber {
 public:
  // All references must outlive this.
  BackendProber(net::Loop& loop, BackendHealth& health, telemetry::Log& log);

 private:
  void tick();
  void begin(const BackendHealth::Backend& backend);

  net::Loop& loop_;
  BackendHealth& health_;
  telemetry::Log& log_;
  std::unique_ptr<BackendProbe> probe_;
  net::Timer timer_;
};

}  // namespace portcullis::relay
