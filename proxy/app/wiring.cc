#include "proxy/app/wiring.h"

#include <openssl/crypto.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "proxy/app/version.h"

namespace portcullis::app {
namespace {

// Each stream needs two descriptors; the soft limit of a service is often 1024.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

unsigned worker_count(unsigned configured) {
  return configured > 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Program::Program(relay::SnapshotPtr snapshot, const policy::Log& log)
    : snapshot_(std::move(snapshot)), log_(log) {
  metrics_.build_info(PORTCULLIS_VERSION, OpenSSL_version(OPENSSL_VERSION_STRING));
  for (const auto& served : snapshot_->served())
    metrics_.certificate_expiry(served.domain, served.key_type, served.not_after);
}

Program::~Program() = default;

Result<void> Program::run() {
  net::ignore_sigpipe();
  const rlim_t descriptors = raise_descriptor_limit();
  const auto wanted = 2 * snapshot_->config().limits.connections;
  if (descriptors < wanted)
    log_.write(telemetry::Severity::kWarning, "limits",
               {{"detail",
                 "the descriptor limit is below twice limits.connections; raise "
                 "LimitNOFILE or lower the setting"},
                {"descriptors", static_cast<std::int64_t>(descriptors)},
                {"wanted", static_cast<std::int64_t>(wanted)}});

  const net::SignalWatch terminate(loop_, SIGTERM, [this] { drain(); });
  const net::SignalWatch interrupt(loop_, SIGINT, [this] { drain(); });
  if (auto started = start_workers(); !started) return started;
  if (auto started = start_admin(); !started) return started;
  announce();
  loop_.run();
  for (const auto& worker : workers_) worker->join();
  log_.write(telemetry::Severity::kNotice, "stopped", {});
  admin_.reset();
  return {};
}

Result<void> Program::start_workers() {
  const auto& limits = snapshot_->config().limits;
  const relay::Shared shared{
      std::make_shared<relay::ConnectionLimits>(limits.connections, limits.connections_per_address),
      next_id_, metrics_, log_};
  for (unsigned i = 0; i < worker_count(snapshot_->config().workers); ++i) {
    auto worker = relay::Worker::make(snapshot_, shared);
    if (!worker) return tl::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
  }
  for (const auto& worker : workers_) worker->start();
  return {};
}

Result<void> Program::start_admin() {
  const auto& endpoint = snapshot_->config().listen.admin;
  if (!endpoint) return {};
  auto server =
      admin::Server::start(*endpoint, {[this] { return metrics_.render(); },
                                       [this] { return alive(); }, [this] { return readiness(); }});
  if (!server) return tl::unexpected(server.error());
  admin_ = std::move(*server);
  return {};
}

bool Program::alive() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->alive(); });
}

std::vector<admin::ReadyCheck> Program::readiness() const {
  return {{"loops", alive(), alive() ? "" : "an event loop has not turned for five seconds"},
          {"draining", !draining_, draining_ ? "shutting down" : ""}};
}

void Program::drain() {
  if (draining_.exchange(true)) return;
  log_.write(telemetry::Severity::kNotice, "draining", {});
  for (const auto& worker : workers_) worker->drain();
  loop_.stop();
}

void Program::announce() {
  const auto& config = snapshot_->config();
  log_.write(telemetry::Severity::kNotice, "started",
             {{"version", PORTCULLIS_VERSION},
              {"hosts", static_cast<std::int64_t>(config.hosts.size())},
              {"workers", static_cast<std::int64_t>(workers_.size())},
              {"mode", "enforce"}});
}

}  // namespace portcullis::app
