#include "proxy/relay/worker.h"

#include <utility>

namespace portcullis::relay {
namespace {

constexpr std::chrono::milliseconds kHeartbeat{1'000};
constexpr std::chrono::milliseconds kDeadAfter{5'000};

std::int64_t steady_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Worker::Worker(SnapshotPtr snapshot, Shared shared)
    : snapshot_(std::move(snapshot)), shared_(std::move(shared)) {}

Worker::~Worker() {
  if (thread_.joinable()) {
    loop_.stop();
    thread_.join();
  }
  bridges_.clear();
}

Result<std::unique_ptr<Worker>> Worker::make(SnapshotPtr snapshot, Shared shared) {
  std::unique_ptr<Worker> worker(new Worker(std::move(snapshot), std::move(shared)));
  const auto& config = worker->snapshot_->config();
  auto resolver = net::Resolver::make(worker->loop_, config.dns.servers);
  if (!resolver) return tl::unexpected(resolver.error());
  worker->resolver_ = std::move(*resolver);
  for (const auto& text : config.listen.proxy_protocol_from) {
    auto block = net::CidrBlock::parse(text);
    if (!block) return tl::unexpected(block.error());
    worker->proxy_sources_.push_back(*block);
  }
  if (auto listening = worker->listen(); !listening) return tl::unexpected(listening.error());
  return worker;
}

Result<void> Worker::listen() {
  const auto& config = snapshot_->config();
  const struct {
    const std::vector<Endpoint>& endpoints;
    StreamKind kind;
    TlsEntry entry;
  } lists[] = {
      {config.listen.s2s, StreamKind::kS2sInbound, TlsEntry::kStartTls},
      {config.listen.s2s_direct, StreamKind::kS2sInbound, TlsEntry::kDirectTls},
      {config.listen.c2s, StreamKind::kC2s, TlsEntry::kStartTls},
      {config.listen.c2s_direct, StreamKind::kC2s, TlsEntry::kDirectTls},
      {config.outbound.listen, StreamKind::kS2sOutbound, TlsEntry::kStartTls},
  };
  for (const auto& list : lists)
    if (auto opened = listen_on(list.endpoints, list.kind, list.entry); !opened) return opened;
  return {};
}

Result<void> Worker::listen_on(const std::vector<Endpoint>& endpoints, StreamKind kind,
                               TlsEntry entry) {
  for (const auto& endpoint : endpoints) {
    const auto address = net::SocketAddress::from(endpoint);
    if (!address) return tl::unexpected(address.error());
    auto listener = net::Listener::listen(
        loop_, *address,
        [this, kind, entry](const net::Listener::Accept& accept, const net::SocketAddress& peer) {
          on_connection(kind, entry, accept, peer);
        });
    if (!listener) return tl::unexpected(listener.error());
    listeners_.push_back(std::move(*listener));
  }
  return {};
}

bool Worker::expects_proxy_header(StreamKind kind, const net::SocketAddress& peer) const {
  if (kind == StreamKind::kS2sOutbound) return false;
  for (const auto& block : proxy_sources_)
    if (block.contains(peer)) return true;
  return false;
}

void Worker::on_connection(StreamKind kind, TlsEntry entry, const net::Listener::Accept& accept,
                           const net::SocketAddress& peer) {
  auto place = shared_.limits->take();
  if (!place) {
    shared_.metrics.limit_hit(telemetry::Metrics::Limit::kConnections);
    return;  // dropped unaccepted: there is no room even for a refusal in words
  }
  Accepted accepted;
  accepted.id = ++shared_.next_id;
  accepted.kind = kind;
  accepted.entry = entry;
  accepted.proxy_header = expects_proxy_header(kind, peer);
  accepted.limits = shared_.limits;
  accepted.place = std::move(*place);
  const auto id = accepted.id;
  const Services services{loop_, *resolver_, scratch_, shared_.metrics, shared_.log};
  bridges_.emplace(id,
                   std::make_unique<Bridge>(services, snapshot_, std::move(accepted), accept,
                                            [this](std::uint64_t gone) { on_bridge_gone(gone); }));
}

void Worker::on_bridge_gone(std::uint64_t id) {
  bridges_.erase(id);
  if (draining_ && bridges_.empty()) loop_.stop();
}

void Worker::start() {
  last_beat_ = steady_milliseconds();
  thread_ = std::thread([this] {
    heartbeat_ = std::make_unique<net::Timer>(loop_, [this] { beat(); });
    beat();
    loop_.run();
    heartbeat_.reset();
    drain_deadline_.reset();
    bridges_.clear();
    listeners_.clear();
    resolver_.reset();
  });
}

void Worker::beat() {
  last_beat_ = steady_milliseconds();
  std::size_t exhausted = 0;
  for (const auto& listener : listeners_) exhausted += listener->exhausted();
  for (; exhausted_ < exhausted; ++exhausted_)
    shared_.metrics.limit_hit(telemetry::Metrics::Limit::kDescriptors);
  heartbeat_->start(kHeartbeat);
}

bool Worker::alive() const {
  return steady_milliseconds() - last_beat_ < kDeadAfter.count();
}

void Worker::drain() {
  loop_.post([this] { do_drain(); });
}

void Worker::do_drain() {
  if (draining_) return;
  draining_ = true;
  for (const auto& listener : listeners_) listener->close();
  for (const auto& [id, bridge] : bridges_) bridge->shut_down();
  if (bridges_.empty()) return loop_.stop();
  drain_deadline_ = std::make_unique<net::Timer>(loop_, [this] {
    for (const auto& [id, bridge] : bridges_) bridge->abort();
    loop_.defer([this] { loop_.stop(); });
  });
  drain_deadline_->start(snapshot_->config().limits.drain);
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace portcullis::relay
