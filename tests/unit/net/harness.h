#pragma once

#include <unistd.h>
#include <uv.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/net/timer.h"

namespace portcullis::net::test {

// As in the program: a write to a connection that was reset fails, and ends nothing. CTest hides
// this, because what it starts ignores the signal already.
inline const auto kSignalBefore = std::signal(SIGPIPE, SIG_IGN);

// Turns the loop until `condition` holds; false when that takes longer than any sane machine.
inline bool run_until(Loop& loop, const std::function<bool()>& condition,
                      std::chrono::milliseconds at_most = std::chrono::seconds(30)) {
  uv_update_time(loop.raw());
  const auto deadline = loop.now() + at_most;
  // uv_run may expire a timer first and then block for the next event; the tick bounds that.
  std::unique_ptr<Timer> tick;
  tick = std::make_unique<Timer>(loop, [&tick] { tick->start(std::chrono::milliseconds(10)); });
  tick->start(std::chrono::milliseconds(0));
  while (loop.now() < deadline && !condition()) uv_run(loop.raw(), UV_RUN_ONCE);
  return condition();
}

inline SocketAddress loopback(std::uint16_t port = 0) {
  return *SocketAddress::from(Endpoint{"127.0.0.1", port});
}

// A loopback address that no other process uses: a port that is free at this address stays free,
// though tests run side by side. A port of 127.0.0.1 may go to any other process at once.
inline SocketAddress process_address(std::uint16_t port = 0) {
  const auto process = static_cast<unsigned>(getpid());  // below 2^22, proc(5)
  const auto part = [process](unsigned shift) { return std::to_string(process >> shift & 0xff); };
  const auto host =
      "127." + std::to_string(64 + (process >> 16 & 0x3f)) + "." + part(8) + "." + part(0);
  return *SocketAddress::from(Endpoint{host, port});
}

// Records what a socket tells; `hook` runs after each event.
struct Recorder : TcpSocket::Handler {
  std::unique_ptr<TcpSocket> socket;
  bool connected = false;
  bool ended = false;
  int error = 0;
  int errors = 0;
  int drained = 0;
  std::string bytes;
  std::function<void()> hook;

  void note() {
    if (hook) hook();
  }
  void on_connected() override {
    connected = true;
    note();
  }
  void on_bytes(std::string_view more) override {
    bytes.append(more);
    note();
  }
  void on_end() override {
    ended = true;
    note();
  }
  void on_error(int uv_error) override {
    error = uv_error;
    ++errors;
    note();
  }
  void on_drained() override {
    ++drained;
    note();
  }
};

// A connected pair over a real listener.
struct Pair {
  explicit Pair(Loop& loop) {
    auto made = Listener::listen(loop, loopback(), [this](const auto& accept, const auto&) {
      server.socket = accept(server);
    });
    listener = std::move(*made);
    client.socket = std::make_unique<TcpSocket>(loop, client);
    client.socket->connect(listener->address());
    run_until(loop, [this] { return client.connected && server.socket != nullptr; });
  }

  Recorder server;
  Recorder client;
  std::unique_ptr<Listener> listener;
};

}  // namespace portcullis::net::test
