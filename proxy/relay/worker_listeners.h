#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/relay/worker_takeover.h"

namespace portcullis::relay {

// The listeners of one worker. Lives on its loop.
class WorkerListeners {
 public:
  // `out_of_descriptors`: the connection is only told why it is not served.
  using OnConnection =
      std::function<void(const ListenerSpec& spec, bool out_of_descriptors,
                         const net::Listener::Accept& accept, const net::SocketAddress& peer)>;

  WorkerListeners(net::Loop& loop, OnConnection on_connection)
      : loop_(loop), on_connection_(std::move(on_connection)) {}

  Result<void> serve(std::vector<Takeover::Opened> opened);
  // Closes those that `config` does not name.
  void close_unnamed(const policy::Config& config);
  // Closes those for peers and clients; `all`: also those for the backend.
  void close(bool all);
  void clear() { listening_.clear(); }
  // One more descriptor of each socket.
  std::vector<net::Descriptor> share() const;
  // How often accepting found that descriptors had run out, also on those that are closed.
  std::size_t exhausted() const;

 private:
  struct Listening {
    ListenerSpec spec;
    std::unique_ptr<net::Listener> listener;
  };

  net::Loop& loop_;
  const OnConnection on_connection_;
  std::vector<Listening> listening_;
  std::size_t exhausted_of_closed_ = 0;
};

}  // namespace portcullis::relay
