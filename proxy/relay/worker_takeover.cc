#include "proxy/relay/worker_takeover.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

bool contains(const std::vector<ListenerSpec>& list, const ListenerSpec& spec) {
  return std::find(list.begin(), list.end(), spec) != list.end();
}

Result<Takeover::Opened> open(const ListenerSpec& spec) {
  const auto address = net::SocketAddress::from(spec.endpoint);
  if (!address) return tl::unexpected(address.error());
  auto socket = net::ListeningSocket::open(*address);
  if (!socket) return tl::unexpected(socket.error());
  return Takeover::Opened{spec, std::move(*socket)};
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

Result<Takeover> Takeover::prepare(SnapshotPtr next, const policy::Config* running) {
  Takeover takeover{std::move(next), {}, {}};
  const auto& config = takeover.snapshot->config();
  for (const auto& text : config.listen.proxy_protocol_from) {
    auto block = net::CidrBlock::parse(text);
    if (!block) return tl::unexpected(block.error());
    takeover.proxy_sources.push_back(*block);
  }
  const auto open_already =
      running != nullptr ? listeners_of(*running) : std::vector<ListenerSpec>();
  for (const auto& spec : listeners_of(config)) {
    if (contains(open_already, spec)) continue;
    auto opened = open(spec);
    if (!opened) return tl::unexpected(opened.error());
    takeover.opened.push_back(std::move(*opened));
  }
  return takeover;
}

}  // namespace portcullis::relay
