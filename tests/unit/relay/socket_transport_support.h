#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/net/signals.h"
#include "proxy/relay/socket_call.h"
#include "proxy/relay/socket_transport.h"
#include "tests/unit/net/harness.h"

namespace portcullis::relay {

// Keeps what a transport tells, as words.
struct Heard final : Transport::Handler {
  void on_open() override { note("open"); }
  void on_plain(std::string_view bytes) override {
    ++pieces;
    plain.append(bytes);
    note("plain");
  }
  void on_secured() override { note("secured"); }
  void on_tls_failed(policy::Refusal refusal) override {
    note("tls failed: " + std::string(policy::id(refusal.reason)));
  }
  void on_out_of_order(OutOfOrder what) override {
    note(what == OutOfOrder::kTlsFirst ? "tls first" : "plaintext behind tls");
  }
  void on_limit(telemetry::Limit limit, std::optional<policy::Refusal> refusal) override {
    note("over " + std::string(name(limit)) + (refusal ? ": " + refusal->text : ""));
  }
  void on_lost(std::string detail) override {
    lost = std::move(detail);
    note("lost");
  }
  void on_written() override { ++written; }
  void on_gone() override { note("gone"); }
  bool relaying() const override { return no_stranger; }

  bool has(std::string_view what) const { return times(what) > 0; }
  std::size_t times(std::string_view what) const {
    return static_cast<std::size_t>(std::count(events.begin(), events.end(), what));
  }

  std::vector<std::string> events;  // in order; "plain" once in a row
  std::string plain;
  std::string lost;
  int pieces = 0;
  int written = 0;
  bool no_stranger = false;
  std::function<void(const std::string& event)> hook;

 private:
  void note(const std::string& event) {
    if (event != "plain" || events.empty() || events.back() != "plain") events.push_back(event);
    if (hook) hook(event);
  }
};

// A transport on one end of a real connection, and a bare socket on the other one.
class SocketTransportTest : public testing::Test {
 protected:
  SocketTransportTest() { net::ignore_sigpipe(); }  // as the program does at its start
  // We were called.
  void accept(bool proxy_header = false) {
    listen([this, proxy_header](const auto& accept, const auto& from) {
      transport_ = std::make_unique<SocketTransport>(loop_, heard_, scratch_, accept, from,
                                                     proxy_header, &strangers_);
    });
    peer_.socket = std::make_unique<net::TcpSocket>(loop_, peer_);
    peer_.socket->connect(listener_->address());
    ASSERT_TRUE(until([this] { return peer_.connected && transport_ != nullptr; }));
    peer_.socket->read_start();
  }
  // We called.
  void connect() {
    listen([this](const auto& accept, const auto&) { peer_.socket = accept(peer_); });
    call_ = std::make_unique<SocketCall>(loop_, scratch_, listener_->address(),
                                         [this](Network::Called called) {
                                           ASSERT_TRUE(called);
                                           transport_ = (*called)(heard_);
                                         });
    ASSERT_TRUE(until([this] { return peer_.socket != nullptr && heard_.has("open"); }));
    peer_.socket->read_start();
  }
  void listen(net::Listener::OnConnection on_connection) {
    auto made = net::Listener::listen(loop_, net::test::loopback(), std::move(on_connection));
    ASSERT_TRUE(made) << made.error().message;
    listener_ = std::move(*made);
  }
  bool until(const std::function<bool()>& condition) {
    return net::test::run_until(loop_, condition);
  }
  bool until_heard(std::string_view what) {
    return until([this, what] { return heard_.has(what); });
  }
  bool until_plain(std::string_view bytes) {
    return until([this, bytes] { return heard_.plain.size() >= bytes.size(); }) &&
           heard_.plain == bytes;
  }
  // Everything that is under way arrives: a connection of its own is made and closed meanwhile.
  void settle() {
    for (int i = 0; i < 3; ++i) {
      net::test::Pair other(loop_);
      other.client.socket->shutdown();
      other.server.socket->read_start();
      ASSERT_TRUE(until([&other] { return other.server.ended; }));
    }
  }

  net::Loop loop_;
  StrangerTurns strangers_{loop_, &monotonic_now};
  std::string scratch_;
  std::unique_ptr<net::Listener> listener_;
  Heard heard_;
  std::vector<std::string> while_making_;  // what an accepted one told before it was made
  net::test::Recorder peer_;
  std::unique_ptr<Network::Call> call_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace portcullis::relay
