#include "proxy/relay/worker_takeover.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

bool contains(const std::vector<ListenerSpec>& list, const ListenerSpec& spec) {
  return std::find(list.begin(), list.end(), spec) != list.end();
}

// One for each worker, or more where more are handed over.
Result<std::vector<net::ListeningSocket>> open(const ListenerSpec& spec, std::size_t workers,
                                               net::HandedSockets* handed) {
  const auto address = net::SocketAddress::from(spec.endpoint);
  if (!address) return tl::unexpected(address.error());
  auto found = handed != nullptr ? handed->take_tcp(*address) : std::vector<net::Descriptor>();
  if (!found.empty()) return net::ListeningSocket::adopt(std::move(found), *address, workers);
  std::vector<net::ListeningSocket> sockets;
  for (std::size_t i = 0; i < workers; ++i) {
    auto socket =
        i == 0 ? net::ListeningSocket::claim(*address) : net::ListeningSocket::join(*address);
    if (!socket) return tl::unexpected(socket.error());
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace

std::vector<ListenerSpec> listeners_of(const policy::Config& config) {
  std::vector<ListenerSpec> all;
  const auto add = [&all](const std::vector<Endpoint>& endpoints, StreamKind kind, TlsEntry entry) {
    for (const auto& endpoint : endpoints)
      if (const ListenerSpec spec{endpoint, kind, entry}; !contains(all, spec)) all.push_back(spec);
  };
  add(config.listen.s2s, StreamKind::kS2sInbound, TlsEntry::kStartTls);
  add(config.listen.s2s_direct, StreamKind::kS2sInbound, TlsEntry::kDirectTls);
  add(config.listen.c2s, StreamKind::kC2s, TlsEntry::kStartTls);
  add(config.listen.c2s_direct, StreamKind::kC2s, TlsEntry::kDirectTls);
  add(config.outbound.listen, StreamKind::kS2sOutbound, TlsEntry::kStartTls);
  return all;
}

Result<std::vector<Takeover>> Takeover::prepare(const SnapshotPtr& next,
                                                const policy::Config* running, std::size_t workers,
                                                net::HandedSockets* handed) {
  const auto& config = next->config();
  std::vector<net::CidrBlock> proxy_sources;
  for (const auto& text : config.listen.proxy_protocol_from) {
    auto block = net::CidrBlock::parse(text);
    if (!block) return tl::unexpected(block.error());
    proxy_sources.push_back(*block);
  }
  const auto open_already =
      running != nullptr ? listeners_of(*running) : std::vector<ListenerSpec>();
  std::vector<Takeover> takeovers;
  for (std::size_t i = 0; i < workers; ++i) takeovers.push_back({next, proxy_sources, {}});
  for (const auto& spec : listeners_of(config)) {
    if (contains(open_already, spec)) continue;
    auto sockets = open(spec, workers, handed);
    if (!sockets) return tl::unexpected(sockets.error());
    for (std::size_t i = 0; i < sockets->size(); ++i)
      takeovers[i % workers].opened.push_back({spec, std::move((*sockets)[i])});
  }
  return takeovers;
}

Result<void> Takeover::listen(std::vector<Takeover>& takeovers) {
  for (auto& takeover : takeovers)
    for (auto& one : takeover.opened)
      if (auto listening = one.socket.listen(); !listening) return listening;
  return {};
}

}  // namespace portcullis::relay
