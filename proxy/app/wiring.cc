#include "proxy/app/wiring.h"

#include <openssl/crypto.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "proxy/app/replaced_program.h"
#include "proxy/app/settings_digest.h"
#include "proxy/app/version.h"
#include "proxy/base/log_words.h"
#include "proxy/status/page_style.h"

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
                 keeper::KeyHolders& holders, Inherited inherited)
    : manager_(std::move(manager)),
      holders_(holders),
      log_(log, metrics_.log),
      reloader_(
          std::move(loaded), [this](const relay::SnapshotPtr& next) { return adopt(next); }, log_,
          metrics_,
          [this](const std::string& directory, std::vector<certs::ServedDomain> served,
                 std::chrono::sys_seconds now) {
            return holders_.load(directory, std::move(served), now);
          }),
      limits_(std::make_shared<relay::ConnectionLimits>(relay::ConnectionLimits::Settings{})),
      handed_(std::move(inherited.sockets)),
      taker_(std::move(inherited.taker)),
      hand_over_({loop_, workers_, dns_, drain_, manager_, log_, metrics_},
                 {[this] { return reloader_.running(); }, [this] { return control_.server(); },
                  [this] { step_back(); }, [this] { drain({}); }},
                 std::move(inherited.lock)) {
  metrics_.build_info(PORTCULLIS_VERSION, OpenSSL_version(OPENSSL_VERSION_STRING));
  backends_.watch(config());
}

Program::~Program() = default;

void Program::confined(Confinement confinement) {
  write_confinement(log_, confinement);
  reloader_.stay_within(std::move(confinement.reach));
}

Result<void> Program::run(const std::function<void()>& on_ready) {
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

  const net::SignalWatch terminate(loop_, SIGTERM, [this] { drain({}); });
  const net::SignalWatch interrupt(loop_, SIGINT, [this] { drain({}); });
  const net::SignalWatch hang_up(loop_, SIGHUP, [this] { reload(ReloadTrigger::kSignal); });
  if (auto opened = open(); !opened) return opened;
  watches_.start();
  write_start(log_, config(), workers_.size());
  manager_.ready(status());
  if (on_ready) on_ready();
  watchdog_ = std::make_unique<WatchdogFeed>(loop_, manager_, [this] { return health_.alive(); });
  loop_.run();
  for (const auto& worker : workers_) worker->join();
  log_.write(telemetry::Severity::kNotice, log_event::kStopped, {});
  control_.close();
  admin_.close();
  return {};
}

// Whatever can fail comes before the first listener takes a connection.
Result<void> Program::open() {
  auto takeovers = relay::Takeover::prepare(reloader_.running(), nullptr,
                                            worker_count(config().workers), &handed_);
  if (!takeovers) return tl::unexpected(takeovers.error());
  auto responders = dns_.prepare(config(), &handed_);
  if (!responders) return tl::unexpected(responders.error());
  if (auto opened = control_.open(config().listen, handed_); !opened) return opened;
  if (!taker_)
    if (auto started = admin_.open(); !started) return started;
  if (auto listening = relay::Takeover::listen(*takeovers); !listening) return listening;
  dns_.adopt(config(), std::move(*responders));
  if (auto made = make_workers(std::move(*takeovers)); !made) return made;
  name_unused_sockets();
  // A connection that is accepted before would be lost where this fails.
  if (auto taken = taker_ ? take_over() : Result<void>(); !taken) return taken;
  for (const auto& worker : workers_) worker->start();
  health_.started();
  return {};
}

Result<void> Program::make_workers(std::vector<relay::Takeover> takeovers) {
  auto settings = relay::ConnectionLimits::Settings::of(config().limits);
  if (!settings) return tl::unexpected(settings.error());
  limits_->change(std::move(*settings));
  stream_memory_.follow(config().limits);
  const relay::Shared shared{limits_,   ids_,   metrics_, log_,       limit_hits_,
                             backends_, clock_, held_,    newcomers_, dials_};
  for (auto& takeover : takeovers) {
    auto worker = relay::Worker::make(std::move(takeover), shared);
    if (!worker) return tl::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
  }
  return {};
}

Result<std::unique_ptr<admin::Server>> Program::make_admin() {
  const auto& endpoint = reloader_.started().listen.admin;
  if (!endpoint) return nullptr;
  return admin::Server::start(
      *endpoint,
      {[this] { return metrics_.render(); }, [this] { return health_.alive(); },
       [this] { return health_.readiness(); }, [this] { return status_for_admin_.page(); },
       [this] { return status_for_admin_.json(); }, status::kPageStyleDigest});
}

ControlActions Program::control_actions() {
  return {.reload = [this] { return reload(ReloadTrigger::kControl); },
          .drain = [this](const DrainWish& wish) { return drain(wish); },
          .foresee_enforce =
              [this](ControlReply foreseen) {
                foresight_.ask(reloader_.running(), std::move(foreseen));
              },
          .replaced = [] { return replaced_file(); },
          .settings = [this] { return settings_text(in_force(reloader_.started(), config())); },
          .status = &desk_,
          .debug = &debug_};
}

ReloadOutcome Program::reload(ReloadTrigger trigger) {
  if (drain_.begun()) return reloader_.reload(trigger);  // which adopt() refuses
  manager_.reloading(monotonic_now());
  auto outcome = reloader_.reload(trigger);
  if (outcome.ok) watches_.reloaded();
  manager_.ready(outcome.ok ? status() : "The last reload failed: " + outcome.summary());
  return outcome;
}

bool Program::reload_files(bool again) {
  const bool taken = reloader_.reload_files(again).ok;
  if (taken) manager_.ready(status());
  return taken;
}

// What may fail is done for every worker before the first one changes.
Result<void> Program::adopt(const relay::SnapshotPtr& next) {
  if (drain_.begun()) return fail("portcullis is shutting down");
  if (hand_over_.under_way())
    return fail("another process is taking over just now; try again when it has");
  auto limits = relay::ConnectionLimits::Settings::of(next->config().limits);
  if (!limits) return tl::unexpected(limits.error());
  auto prepared = relay::Takeover::prepare(next, &config(), workers_.size());
  if (!prepared) return tl::unexpected(prepared.error());
  auto responders = dns_.prepare(next->config());
  if (!responders) return tl::unexpected(responders.error());
  if (auto listening = relay::Takeover::listen(*prepared); !listening) return listening;
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->adopt(std::move((*prepared)[i]));
  dns_.adopt(next->config(), std::move(*responders));
  limits_->change(std::move(*limits));
  stream_memory_.follow(next->config().limits);
  backends_.watch(next->config());
  return {};
}

}  // namespace portcullis::app
