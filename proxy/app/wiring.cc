#include "proxy/app/wiring.h"

#include <openssl/crypto.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "proxy/app/control.h"
#include "proxy/app/version.h"
#include "proxy/base/log_words.h"

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

Program::Program(LoadResult loaded, const policy::Log& log, ServiceManager manager,
                 keeper::KeyHolders& holders)
    : manager_(std::move(manager)),
      holders_(holders),
      log_(log, metrics_.log),
      reloader_(
          std::move(loaded), [this](const relay::SnapshotPtr& next) { return adopt(next); }, log_,
          metrics_,
          [this](const std::string& directory, std::vector<DomainName> served,
                 std::chrono::sys_seconds now) {
            return holders_.load(directory, std::move(served), now);
          }),
      limits_(std::make_shared<relay::ConnectionLimits>(relay::ConnectionLimits::Settings{})) {
  metrics_.build_info(PORTCULLIS_VERSION, OpenSSL_version(OPENSSL_VERSION_STRING));
  backends_.watch(config());
}

Program::~Program() = default;

Result<void> Program::run() {
  net::ignore_sigpipe();
  const rlim_t descriptors = raise_descriptor_limit();
  const auto wanted = 2 * config().limits.connections();
  if (descriptors < wanted)
    log_.write(telemetry::Severity::kWarning, log_event::kLimits,
               {{log_field::kDetail,
                 "the descriptor limit is below twice the connections of [limits]; raise "
                 "LimitNOFILE or lower those settings"},
                {log_field::kDescriptors, static_cast<std::int64_t>(descriptors)},
                {log_field::kWanted, static_cast<std::int64_t>(wanted)}});

  const net::SignalWatch terminate(loop_, SIGTERM, [this] { drain(); });
  const net::SignalWatch interrupt(loop_, SIGINT, [this] { drain(); });
  const net::SignalWatch hang_up(loop_, SIGHUP, [this] { reload(ReloadTrigger::kSignal); });
  // First: it refuses where another portcullis runs, and listeners would take connections from it.
  if (auto started = start_control(); !started) return started;
  if (auto started = start_workers(); !started) return started;
  if (auto started = start_admin(); !started) return started;
  watch_certificates();
  prober_ = std::make_unique<relay::BackendProber>(loop_, backends_, log_);
  addresses_ =
      std::make_unique<AddressWatch>(loop_, AddressWatch::Timing{}, limits_, metrics_, log_);
  keys_ = std::make_unique<KeyWatch>(loop_, holders_, metrics_, log_);
  announce();
  watchdog_ = std::make_unique<WatchdogFeed>(loop_, manager_, [this] { return alive(); });
  loop_.run();
  for (const auto& worker : workers_) worker->join();
  log_.write(telemetry::Severity::kNotice, log_event::kStopped, {});
  admin_.reset();
  return {};
}

Result<void> Program::start_workers() {
  auto settings = relay::ConnectionLimits::Settings::of(config().limits);
  if (!settings) return tl::unexpected(settings.error());
  limits_->change(std::move(*settings));
  held_.change(config().limits.held_bytes);
  const relay::Shared shared{limits_, ids_, metrics_, log_, limit_hits_, backends_, held_, dials_};
  for (unsigned i = 0; i < worker_count(config().workers); ++i) {
    auto worker = relay::Worker::make(reloader_.running(), shared);
    if (!worker) return tl::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
  }
  for (const auto& worker : workers_) worker->start();
  return {};
}

Result<void> Program::start_admin() {
  const auto& endpoint = config().listen.admin;
  if (!endpoint) return {};
  auto server =
      admin::Server::start(*endpoint, {[this] { return metrics_.render(); },
                                       [this] { return alive(); }, [this] { return readiness(); }});
  if (!server) return tl::unexpected(server.error());
  admin_ = std::move(*server);
  return {};
}

Result<void> Program::start_control() {
  const auto& path = config().listen.control;
  if (path.empty()) return {};
  auto server = net::LineServer::listen(loop_, path, {}, [this](std::string_view line) {
    return answer_control(line, [this] { return reload(ReloadTrigger::kControl); });
  });
  if (!server) return fail("listen.control: " + server.error().message);
  control_ = std::move(*server);
  return {};
}

void Program::watch_certificates() {
  certificates_ = std::make_unique<CertificateWatch>(
      loop_, CertificateWatch::Timing{},
      CertificateWatch::Owner{[this] { return files_of(config()); },
                              [this] { return reloader_.loaded_files(); },
                              [this](bool again) { return reload_files(again); }},
      log_);
}

ReloadOutcome Program::reload(ReloadTrigger trigger) {
  manager_.reloading(monotonic_now());
  auto outcome = reloader_.reload(trigger);
  if (outcome.ok && certificates_) certificates_->refresh();
  manager_.ready(outcome.ok ? status() : "The last reload failed: " + outcome.summary());
  return outcome;
}

bool Program::reload_files(bool again) {
  const bool taken = reloader_.reload_files(again).ok;
  if (taken) manager_.ready(status());
  return taken;
}

std::string Program::status() const {
  const auto hosts = config().hosts.size();
  return "Serving " + std::to_string(hosts) + (hosts == 1 ? " host" : " hosts") + ", mode " +
         std::string(name(config().mode)) + ", generation " +
         std::to_string(reloader_.generation());
}

// What may fail is done for every worker before the first one changes.
Result<void> Program::adopt(const relay::SnapshotPtr& next) {
  if (draining_) return fail("portcullis is shutting down");
  auto limits = relay::ConnectionLimits::Settings::of(next->config().limits);
  if (!limits) return tl::unexpected(limits.error());
  std::vector<relay::Takeover> prepared;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto takeover = relay::Takeover::prepare(next, &config());
    if (!takeover) return tl::unexpected(takeover.error());
    prepared.push_back(std::move(*takeover));
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->adopt(std::move(prepared[i]));
  limits_->change(std::move(*limits));
  held_.change(next->config().limits.held_bytes);
  backends_.watch(next->config());
  return {};
}

bool Program::alive() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->alive(); });
}

std::vector<admin::ReadyCheck> Program::readiness() const {
  return {{"loops", alive(), alive() ? "" : "an event loop has been stuck for five seconds"},
          {"draining", !draining_, draining_ ? "shutting down" : ""}};
}

void Program::drain() {
  if (draining_.exchange(true)) return;
  manager_.stopping(config().limits.drain);
  log_.write(telemetry::Severity::kNotice, log_event::kDraining, {});
  prober_.reset();
  certificates_.reset();
  addresses_.reset();
  keys_.reset();
  control_.reset();
  for (const auto& worker : workers_) worker->drain();
  loop_.stop();
}

void Program::announce() {
  log_.write(telemetry::Severity::kNotice, log_event::kStarted,
             {{log_field::kVersion, PORTCULLIS_VERSION},
              {log_field::kHosts, static_cast<std::int64_t>(config().hosts.size())},
              {log_field::kWorkers, static_cast<std::int64_t>(workers_.size())},
              {log_field::kMode, name(config().mode)}});
  manager_.ready(status());
}

}  // namespace portcullis::app
