#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proxy/admin/server.h"
#include "proxy/app/admin_port.h"
#include "proxy/app/confinement.h"
#include "proxy/app/control_socket.h"
#include "proxy/app/debug_times.h"
#include "proxy/app/dns_responders.h"
#include "proxy/app/drain.h"
#include "proxy/app/drain_wish.h"
#include "proxy/app/foresight.h"
#include "proxy/app/gathers.h"
#include "proxy/app/hand_over.h"
#include "proxy/app/health.h"
#include "proxy/app/reload.h"
#include "proxy/app/service_manager.h"
#include "proxy/app/start_line.h"
#include "proxy/app/status_desk.h"
#include "proxy/app/status_facts.h"
#include "proxy/app/status_for_admin.h"
#include "proxy/app/stream_memory.h"
#include "proxy/app/watches.h"
#include "proxy/base/clock.h"
#include "proxy/keeper/key_holders.h"
#include "proxy/net/loop.h"
#include "proxy/net/signals.h"
#include "proxy/relay/backend_health.h"
#include "proxy/relay/clock_watch.h"
#include "proxy/relay/log_ids.h"
#include "proxy/relay/worker.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// The running program: the only place that knows all parts. Built once, runs until SIGTERM or
// SIGINT, then drains; SIGHUP, the control socket and changed files reload.
class Program {
 public:
  // `holders` has loaded the local CA of `loaded`; it outlives this.
  Program(LoadResult loaded, const policy::Log& log, ServiceManager manager,
          keeper::KeyHolders& holders, Inherited inherited);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  telemetry::Log& log() { return log_; }
  // What the process has given up: a configuration that needs more takes a new start.
  void confined(Confinement confinement);
  // Opens listeners and the admin endpoint, all or none; starts the workers, waits for a signal,
  // drains. `on_ready` is called once, when it serves.
  Result<void> run(const std::function<void()>& on_ready = {});

 private:
  Result<void> open();
  Result<void> make_workers(std::vector<relay::Takeover> takeovers);
  Result<void> take_over();
  void step_back();
  void name_unused_sockets();
  Result<std::unique_ptr<admin::Server>> make_admin();
  ControlActions control_actions();
  ReloadOutcome reload(ReloadTrigger trigger);
  bool reload_files(bool again);
  // In all workers, or in none.
  Result<void> adopt(const relay::SnapshotPtr& next);
  Result<std::string> drain(const DrainWish& wish);

  const policy::Config& config() const { return reloader_.running()->config(); }
  std::string status() const { return serving_text(config(), reloader_.generation()); }

  ServiceManager manager_;
  keeper::KeyHolders& holders_;
  telemetry::Metrics metrics_;
  telemetry::Log log_;
  telemetry::LimitHits limit_hits_{metrics_, log_};
  relay::HeldBytes held_{policy::Limits().held_bytes};
  relay::MemoryForNewcomers newcomers_{held_};
  StreamMemory stream_memory_{held_, log_};
  Reloader reloader_;
  net::Loop loop_;  // signals, control socket, reloads; streams live on the workers' loops
  std::shared_ptr<relay::ConnectionLimits> limits_;
  relay::BackendHealth backends_{metrics_};
  relay::ClockWatch clock_{metrics_, log_};
  relay::DialLimits dials_;
  relay::LogIds ids_{wall_clock_now_ms()};
  DnsResponders dns_{loop_, DnsResponders::Timing{}, metrics_, log_};
  Drain::Workers workers_;
  Foresight foresight_{loop_, workers_};
  Gathers gathers_{loop_, workers_};
  StatusDesk desk_{loop_, gathers_, [this] { return overview_of(sources_); }};
  StatusForAdmin status_for_admin_{loop_, desk_};
  DebugTimes debug_{loop_, log_};
  Drain drain_{loop_, workers_, {manager_, log_, metrics_}, [this] { loop_.stop(); }};
  net::HandedSockets handed_;             // until all is open
  std::optional<handover::Taker> taker_;  // until we serve
  HandOver hand_over_;
  Health health_{{workers_, holders_, clock_, drain_, hand_over_}};
  AdminPort admin_{loop_,
                   AdminPort::Timing{},
                   log_,
                   {[this] { return make_admin(); },
                    [this] { return holder_of(reloader_.started().listen.admin); }}};
  ControlSocket control_{
      loop_, log_, control_actions(),
      [this](std::string_view line, const auto& share) { return hand_over_.take(line, share); }};
  std::unique_ptr<WatchdogFeed> watchdog_;
  Watches watches_{{loop_, reloader_, limits_, backends_, holders_, held_, metrics_, log_},
                   [this](bool again) { return reload_files(again); }};
  const OverviewSources sources_{loop_,  workers_, holders_, clock_, backends_, reloader_,
                                 drain_, dns_,     watches_, debug_, log_,      wall_clock_now()};
};

}  // namespace portcullis::app
