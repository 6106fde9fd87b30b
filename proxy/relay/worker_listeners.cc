#include "proxy/relay/worker_listeners.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {

Result<void> WorkerListeners::serve(std::vector<Takeover::Opened> opened) {
  for (auto& one : opened) {
    const auto arrives = [&](bool out_of_descriptors) {
      return [this, spec = one.spec, out_of_descriptors](const net::Listener::Accept& accept,
                                                         const net::SocketAddress& peer) {
        on_connection_(spec, out_of_descriptors, accept, peer);
      };
    };
    auto listener =
        net::Listener::serve(loop_, std::move(one.socket), arrives(false), arrives(true));
    if (!listener) return tl::unexpected(listener.error());
    listening_.push_back({one.spec, std::move(*listener)});
  }
  return {};
}

void WorkerListeners::close_unnamed(const policy::Config& config) {
  const auto named = listeners_of(config);
  std::erase_if(listening_, [&](const Listening& one) {
    if (std::find(named.begin(), named.end(), one.spec) != named.end()) return false;
    exhausted_of_closed_ += one.listener->exhausted();
    return true;
  });
}

void WorkerListeners::close(bool all) {
  for (const auto& one : listening_)
    if (all || !calls_peer(one.spec.kind)) one.listener->close();
}

std::vector<net::Descriptor> WorkerListeners::share() const {
  std::vector<net::Descriptor> sockets;
  for (const auto& one : listening_) sockets.push_back(one.listener->share());
  return sockets;
}

std::size_t WorkerListeners::exhausted() const {
  std::size_t sum = exhausted_of_closed_;
  for (const auto& one : listening_) sum += one.listener->exhausted();
  return sum;
}

}  // namespace portcullis::relay
