#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/dns_frames.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/net/timer.h"

namespace portcullis::net {

// One TCP connection that asks (RFC 7766). It is read only while it waits for no answer and takes
// those that it got, so it holds one query and what had arrived behind it.
class DnsConnection final : public TcpSocket::Handler {
 public:
  struct Owner {
    // Has answer() called once for each message, perhaps before it returns.
    std::function<void(std::string_view message)> ask;
    // It is over. The owner destroys it later, and not inside the call.
    std::function<void()> on_over;
  };

  static constexpr std::size_t kLongestQuery = 4096;

  // `idle` is how long it may take until the next whole query has come, an answer has been found,
  // or it has gone.
  DnsConnection(Loop& loop, const Listener::Accept& accept, std::chrono::milliseconds idle,
                Owner owner);
  DnsConnection(const DnsConnection&) = delete;
  DnsConnection& operator=(const DnsConnection&) = delete;
  ~DnsConnection() override = default;

  bool over() const { return over_; }
  // Empty: the query was none to which anything may be said, and the connection ends.
  void answer(std::string_view message);

 private:
  void on_connected() override {}
  void on_bytes(std::string_view bytes) override;
  void on_end() override;
  void on_error(int) override { end(); }
  void on_drained() override { go_on(); }
  void go_on();
  void end();

  const std::chrono::milliseconds idle_;
  Owner owner_;
  DnsFrames frames_{kLongestQuery};
  Timer deadline_;
  std::unique_ptr<TcpSocket> socket_;
  bool asking_ = false;
  bool going_on_ = false;
  bool ended_ = false;  // the other end will ask nothing more
  bool over_ = false;
};

}  // namespace portcullis::net
