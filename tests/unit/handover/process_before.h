#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "proxy/handover/giver.h"
#include "proxy/net/line_server.h"
#include "proxy/net/listening_socket.h"

namespace portcullis::handover {

// Longer than anything takes that works.
inline constexpr std::chrono::seconds kLong{20};

inline net::Descriptor listening(std::uint16_t& port) {
  const auto any = *net::SocketAddress::from(Endpoint{"127.0.0.1", 0});
  net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), any.raw(), any.raw_size()), 0);
  EXPECT_EQ(::listen(socket.get(), 8), 0);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = net::SocketAddress::from(reinterpret_cast<const sockaddr*>(&address)).port();
  return socket;
}

// The process before: a loop on a thread of its own, with a control socket.
class Before {
 public:
  explicit Before(std::chrono::milliseconds patience = kLong) {
    std::string pattern = testing::TempDir() + "hand-over-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    socket_ = listening(port_);
    giver_.emplace(loop_,
                   Giver::Owner{[this] { return gather(); }, [this](pid_t who) { confirmed = who; },
                                [this](const std::string& why) { given_up.set_value(why); },
                                [this] { ++ended; },
                                [this] {
                                  return Left{streams, 60};
                                }},
                   patience);
    server_ = *net::LineServer::listen(
        loop_, path(), {},
        [](std::string_view, const net::LineServer::Reply& reply) { reply("?"); },
        [this](std::string_view line, const std::function<net::Descriptor()>& share) {
          if (line != kRequest) return false;
          giver_->take(share());
          return true;
        });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Before() {
    loop_.stop();
    thread_.join();
    server_.reset();
    giver_.reset();
    std::filesystem::remove_all(directory_);
  }
  Before(const Before&) = delete;
  Before& operator=(const Before&) = delete;

  std::string path() const { return directory_ / "control.sock"; }
  std::uint16_t port() const { return port_; }
  void on_loop(const std::function<void(Giver&)>& work) {
    std::promise<void> done;
    loop_.post([&] {
      work(*giver_);
      done.set_value();
    });
    done.get_future().wait();
  }

  // Keeps the loop busy until what it returns is given a value.
  std::promise<void> hold_up() {
    std::promise<void> released;
    std::promise<void> held;
    loop_.post([&held, until = released.get_future().share()] {
      held.set_value();
      until.wait();
    });
    held.get_future().wait();
    return released;
  }
  // Without a word, as a process does that dies.
  void break_off() {
    std::promise<void> done;
    loop_.post([&] {
      giver_.reset();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::atomic<std::int64_t> process{4711};  // nobody's
  std::atomic<bool> refuses{false};
  std::atomic<pid_t> confirmed{0};
  std::atomic<int> ended{0};
  std::atomic<std::uint64_t> streams{3};
  std::promise<std::string> given_up;

 private:
  Result<Giver::Given> gather() {
    if (refuses) return fail("not now");
    Giver::Given given;
    given.offer.version = "7";
    given.offer.process = process;
    given.sockets.push_back(net::duplicate(socket_.get()));
    given.offer.sockets = given.sockets.size();
    return given;
  }

  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  net::Descriptor socket_;
  net::Loop loop_;
  std::optional<Giver> giver_;
  std::unique_ptr<net::LineServer> server_;
  std::thread thread_;
};

}  // namespace portcullis::handover
