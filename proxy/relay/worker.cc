#include "proxy/relay/worker.h"

#include <algorithm>
#include <future>
#include <new>
#include <utility>

#include "proxy/base/log_words.h"
#include "proxy/relay/socket_transport.h"

namespace portcullis::relay {
namespace {

constexpr std::chrono::milliseconds kHeartbeat{250};
constexpr std::chrono::milliseconds kDeadAfter{5'000};

std::int64_t steady_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now()).count();
}

bool expects_proxy_header(const std::vector<net::CidrBlock>& sources, StreamKind kind,
                          const net::SocketAddress& peer) {
  return kind != StreamKind::kS2sOutbound &&
         std::any_of(sources.begin(), sources.end(),
                     [&peer](const net::CidrBlock& block) { return block.contains(peer); });
}

}  // namespace

Worker::Worker(Shared shared)
    : shared_(std::move(shared)),
      listeners_(
          loop_,
          [this](const ListenerSpec& spec, bool out_of_descriptors, const auto& accept,
                 const auto& peer) { on_connection(spec, out_of_descriptors, accept, peer); }),
      streams_(loop_, {[this] { stop_if_unused(); }, [this] { count_no_memory(); }}),
      rejudging_(std::make_unique<Rejudging>(
          loop_, Rejudging::Streams{
                     [this](std::uint64_t id) { return rejudge(id, Bridge::Changed::kWaits); },
                     [this](std::uint64_t id) { rejudge(id, Bridge::Changed::kEnds); }})) {}

Worker::~Worker() {
  if (thread_.joinable()) {
    loop_.stop();
    thread_.join();
  }
  streams_.clear();
}

Result<std::unique_ptr<Worker>> Worker::make(Takeover takeover, Shared shared) {
  std::unique_ptr<Worker> worker(new Worker(std::move(shared)));
  auto resolver = net::Resolver::make(worker->loop_, takeover.snapshot->config().dns.servers);
  if (!resolver) return tl::unexpected(resolver.error());
  worker->resolver_ = std::move(*resolver);
  worker->network_ =
      std::make_unique<LoopNetwork>(worker->loop_, *worker->resolver_, worker->scratch_.plaintext);
  worker->errors_ = worker->make_error_streams();
  worker->snapshot_ = std::move(takeover.snapshot);
  worker->proxy_sources_ = std::move(takeover.proxy_sources);
  if (auto serving = worker->listeners_.serve(std::move(takeover.opened)); !serving)
    return tl::unexpected(serving.error());
  return worker;
}

std::unique_ptr<ErrorStreams> Worker::make_error_streams() {
  return std::make_unique<ErrorStreams>(
      ErrorStreamServices{loop_, *network_, scratch_, shared_.metrics, shared_.log,
                          shared_.limit_hits, shared_.backends, shared_.ids},
      ErrorStreams::Owner{[this] { return snapshot_; }, [this] { stop_if_unused(); }});
}

void Worker::adopt(Takeover takeover) {
  const auto shared = std::make_shared<Takeover>(std::move(takeover));  // tasks must be copyable
  loop_.post([this, shared] { do_adopt(std::move(*shared)); });
}

void Worker::do_adopt(Takeover takeover) {
  if (phase_ != Phase::kServing) return;
  adopting_ = true;
  snapshot_ = std::move(takeover.snapshot);
  proxy_sources_ = std::move(takeover.proxy_sources);
  // The sockets already listen. This fails only if the kernel has no memory to watch one more.
  if (auto serving = listeners_.serve(std::move(takeover.opened)); !serving)
    shared_.log.write(telemetry::Severity::kError, log_event::kListen,
                      {{log_field::kDetail, serving.error().message}});
  finish_adopting();
}

void Worker::finish_adopting() {
  listeners_.close_unnamed(snapshot_->config());
  // A stream that the new configuration no longer allows ends with a stream error; every other one
  // goes on.
  rejudging_->begin(streams_.ids());
  adopting_ = false;
}

bool Worker::rejudge(std::uint64_t id, Bridge::Changed changed) {
  bool waits = false;
  streams_.with(id, [&](Bridge& bridge) { waits = bridge.rejudge(snapshot_, changed); });
  return waits;
}

void Worker::on_connection(const ListenerSpec& spec, bool out_of_descriptors,
                           const net::Listener::Accept& accept, const net::SocketAddress& peer) {
  const auto kind = spec.kind;
  const bool proxied = expects_proxy_header(proxy_sources_, kind, peer);
  const auto now = loop_.now();
  Admission admission({shared_.limits, shared_.limit_hits}, kind);
  const bool admitted = admit(admission, peer, proxied, now);
  if (out_of_descriptors) {
    if (!told_.make_room(now)) return;
    admission.run_out();
  }
  // Closed at once if there is no room even for a refusal in words.
  if (!admitted && calls_peer(kind)) return;
  if ((!admitted || out_of_descriptors) && !admission.linger(now)) return;
  const auto number = shared_.ids.next();
  if (out_of_descriptors) told_.add(number, now);
  Accepted accepted{number, shared_.ids.text(number), kind, spec.entry, std::move(admission)};
  const Services services{loop_,         *network_,        scratch_,      shared_.metrics,
                          shared_.log,   shared_.backends, shared_.clock, shared_.held,
                          shared_.dials, *errors_};
  const MakeTransport make_near = [&](Transport::Handler& handler) {
    return std::make_unique<SocketTransport>(loop_, handler, scratch_.plaintext, accept, peer,
                                             proxied, calls_peer(kind) ? nullptr : &strangers_);
  };
  streams_.add(number, kind, [&](std::function<void(std::uint64_t)> on_gone) {
    return std::make_unique<Bridge>(services, snapshot_, std::move(accepted), make_near,
                                    std::move(on_gone));
  });
}

bool Worker::admit(Admission& admission, const net::SocketAddress& peer, bool proxied,
                   std::chrono::milliseconds now) {
  const bool of_backend = admission.is_of_backend();
  bool admitted = admission.enter(peer, now);
  // Behind a balancer, the bridge asks once it has read the address.
  if (admitted && !proxied && !of_backend) admitted = admission.admit(peer, now);
  if (!admitted || !shared_.newcomers.refuses(of_backend, now)) return admitted;
  admission.lack_memory(now);
  return of_backend;  // it keeps its place until it has read why
}

// What the last streams could not deliver is told before we leave.
void Worker::stop_if_unused() {
  if (phase_ != Phase::kServing && streams_.empty() && errors_->idle()) loop_.stop();
}

void Worker::count_no_memory() noexcept {
  const auto now = loop_.now();
  shared_.newcomers.ran_out(now);
  try {
    shared_.limit_hits.hit(telemetry::Limit::kAllocation, {}, now);
  } catch (const std::bad_alloc&) {
    // It is counted; only the line in the log is missing.
  }
}

void Worker::start() {
  last_beat_ = steady_milliseconds();
  thread_ = std::thread([this] {
    heartbeat_ = std::make_unique<net::Timer>(loop_, [this] { beat(); });
    beat();
    loop_.run();
    heartbeat_.reset();
    finish_deadline_.reset();
    rejudging_.reset();
    streams_.clear();
    errors_.reset();
    listeners_.clear();
    resolver_.reset();
    finished_ = true;
  });
}

void Worker::beat() {
  heartbeat_->start(kHeartbeat);  // first: memory may run out below
  last_beat_ = steady_milliseconds();
  for (; failures_ < loop_.failures(); ++failures_) count_no_memory();
  // What a reload began is finished even if memory ran out in the middle of it.
  if (adopting_ && phase_ == Phase::kServing) finish_adopting();
  rejudging_->go_on();
  for (const auto exhausted = listeners_.exhausted(); exhausted_ < exhausted; ++exhausted_)
    shared_.limit_hits.hit(telemetry::Limit::kDescriptors, {}, loop_.now());
  shared_.limit_hits.flush(loop_.now());
  const auto& held = shared_.held;
  shared_.metrics.streams.held_bytes(held.total());
  shared_.metrics.streams.memory(held.memory(), held.memory_limit(), held.stopped());
  if (held.is_short()) streams_.for_each([](Bridge& bridge) { bridge.mind_memory(); });
}

bool Worker::alive() const {
  return steady_milliseconds() - last_beat_ < kDeadAfter.count();
}

void Worker::retire(Closing closing) {
  loop_.post([this, closing] {
    if (phase_ != Phase::kServing) return;
    phase_ = Phase::kRetired;
    listeners_.close(closing == Closing::kAll);
    stop_if_unused();
  });
}

Result<std::vector<net::Descriptor>> Worker::share_listeners(std::chrono::milliseconds at_most) {
  // The task may run after this has given up.
  const auto answer = std::make_shared<std::promise<std::vector<net::Descriptor>>>();
  auto answered = answer->get_future();
  loop_.post([this, answer] { answer->set_value(listeners_.share()); });
  if (answered.wait_for(at_most) != std::future_status::ready)
    return fail("an event loop is stuck");
  auto sockets = answered.get();
  if (!std::all_of(sockets.begin(), sockets.end(), [](const auto& one) { return bool(one); }))
    return fail("descriptors have run out");
  return sockets;
}

void Worker::with_streams(std::function<void(StreamSet&)> work) {
  loop_.post([this, work = std::move(work)] { work(streams_); });
}

void Worker::finish(std::chrono::milliseconds at_most) {
  loop_.post([this, at_most] { do_finish(at_most); });
}

void Worker::do_finish(std::chrono::milliseconds at_most) {
  if (phase_ != Phase::kFinishing) {
    phase_ = Phase::kFinishing;
    listeners_.close(true);
    streams_.for_each([](Bridge& bridge) { bridge.shut_down(); });
    finish_deadline_ = std::make_unique<net::Timer>(loop_, [this] {
      streams_.for_each([](Bridge& bridge) { bridge.abort(); });
      errors_->abort();
      loop_.defer([this] { loop_.stop(); });
    });
  }
  finish_deadline_->start(at_most);
  stop_if_unused();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace portcullis::relay
