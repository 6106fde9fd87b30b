#include "proxy/relay/worker.h"

#include <algorithm>
#include <utility>

#include "proxy/base/log_words.h"
#include "proxy/relay/socket_transport.h"

namespace portcullis::relay {
namespace {

constexpr std::chrono::milliseconds kHeartbeat{250};
constexpr std::chrono::milliseconds kDeadAfter{5'000};
constexpr std::size_t kRejudgedPerTurn = 32;

std::int64_t steady_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now()).count();
}

}  // namespace

Worker::Worker(Shared shared) : shared_(std::move(shared)) {}

Worker::~Worker() {
  if (thread_.joinable()) {
    loop_.stop();
    thread_.join();
  }
  bridges_.clear();
}

Result<std::unique_ptr<Worker>> Worker::make(SnapshotPtr snapshot, Shared shared) {
  auto takeover = Takeover::prepare(std::move(snapshot), nullptr);
  if (!takeover) return tl::unexpected(takeover.error());
  std::unique_ptr<Worker> worker(new Worker(std::move(shared)));
  auto resolver = net::Resolver::make(worker->loop_, takeover->snapshot->config().dns.servers);
  if (!resolver) return tl::unexpected(resolver.error());
  worker->resolver_ = std::move(*resolver);
  worker->network_ =
      std::make_unique<LoopNetwork>(worker->loop_, *worker->resolver_, worker->scratch_.plaintext);
  worker->snapshot_ = std::move(takeover->snapshot);
  worker->proxy_sources_ = std::move(takeover->proxy_sources);
  if (auto serving = worker->serve(std::move(takeover->opened)); !serving)
    return tl::unexpected(serving.error());
  return worker;
}

Result<void> Worker::serve(std::vector<Takeover::Opened> opened) {
  for (auto& one : opened) {
    auto listener = net::Listener::serve(
        loop_, std::move(one.socket),
        [this, kind = one.spec.kind, entry = one.spec.entry](const net::Listener::Accept& accept,
                                                             const net::SocketAddress& peer) {
          on_connection(kind, entry, accept, peer);
        });
    if (!listener) return tl::unexpected(listener.error());
    listeners_.push_back({one.spec, std::move(*listener)});
  }
  return {};
}

void Worker::adopt(Takeover takeover) {
  const auto shared = std::make_shared<Takeover>(std::move(takeover));  // tasks must be copyable
  loop_.post([this, shared] { do_adopt(std::move(*shared)); });
}

void Worker::do_adopt(Takeover takeover) {
  if (draining_) return;
  snapshot_ = std::move(takeover.snapshot);
  proxy_sources_ = std::move(takeover.proxy_sources);
  // The sockets already listen. This fails only if the kernel has no memory to watch one more.
  if (auto serving = serve(std::move(takeover.opened)); !serving)
    shared_.log.write(telemetry::Severity::kError, log_event::kListen,
                      {{log_field::kDetail, serving.error().message}});
  close_unnamed();
  rejudge_all();
}

void Worker::close_unnamed() {
  const auto named = listeners_of(snapshot_->config());
  std::erase_if(listeners_, [&](const Listening& one) {
    if (std::find(named.begin(), named.end(), one.spec) != named.end()) return false;
    exhausted_of_closed_ += one.listener->exhausted();
    return true;
  });
}

// A stream that the new configuration no longer allows ends with a stream error; every other stream
// goes on. Judging verifies certificates again and takes time. So only a few streams are judged in
// one turn of the loop, and all others relay in between.
void Worker::rejudge_all() {
  const bool under_way = !to_rejudge_.empty();
  to_rejudge_.clear();
  for (const auto& [id, bridge] : bridges_) to_rejudge_.push_back(id);
  if (!under_way) rejudge_some();
}

void Worker::rejudge_some() {
  for (std::size_t i = 0; i < kRejudgedPerTurn && !to_rejudge_.empty(); ++i) {
    const auto found = bridges_.find(to_rejudge_.back());
    to_rejudge_.pop_back();
    if (found != bridges_.end()) found->second->rejudge(snapshot_);
  }
  if (!to_rejudge_.empty()) loop_.defer([this] { rejudge_some(); });
}

bool Worker::expects_proxy_header(StreamKind kind, const net::SocketAddress& peer) const {
  if (kind == StreamKind::kS2sOutbound) return false;
  for (const auto& block : proxy_sources_)
    if (block.contains(peer)) return true;
  return false;
}

void Worker::on_connection(StreamKind kind, TlsEntry entry, const net::Listener::Accept& accept,
                           const net::SocketAddress& peer) {
  const bool proxied = expects_proxy_header(kind, peer);
  const auto now = loop_.now();
  Admission admission({shared_.limits, shared_.limit_hits}, kind);
  bool admitted = admission.enter(peer, now);
  // Behind a balancer, the bridge asks once it has read the address.
  if (admitted && !proxied && !calls_peer(kind)) admitted = admission.admit(peer, now);
  // Closed at once if there is no room even for a refusal in words.
  if (!admitted && (calls_peer(kind) || !admission.linger(now))) return;
  const auto number = shared_.ids.next();
  Accepted accepted{number, shared_.ids.text(number), kind, entry, std::move(admission)};
  const Services services{loop_,       *network_,        scratch_,     shared_.metrics,
                          shared_.log, shared_.backends, shared_.held, shared_.dials};
  const MakeTransport make_near = [&](Transport::Handler& handler) {
    return std::make_unique<SocketTransport>(loop_, handler, scratch_.plaintext, accept, proxied,
                                             calls_peer(kind) ? nullptr : &strangers_);
  };
  bridges_.emplace(number,
                   std::make_unique<Bridge>(services, snapshot_, std::move(accepted), make_near,
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
  std::size_t exhausted = exhausted_of_closed_;
  for (const auto& one : listeners_) exhausted += one.listener->exhausted();
  for (; exhausted_ < exhausted; ++exhausted_)
    shared_.limit_hits.hit(telemetry::Limit::kDescriptors, {}, loop_.now());
  shared_.limit_hits.flush(loop_.now());
  shared_.metrics.streams.held_bytes(shared_.held.total());
  if (shared_.held.too_many())
    for (const auto& [id, bridge] : bridges_) bridge->shed();
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
  for (const auto& one : listeners_) one.listener->close();
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
