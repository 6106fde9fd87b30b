#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proxy/app/load.h"
#include "proxy/app/reach.h"
#include "proxy/app/reload_report.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// Tells the metrics what the configuration says of certificates, exceptions and revocation lists,
// in place of what the one before said.
void publish(telemetry::Metrics& metrics, const relay::Snapshot& snapshot);

// Replaces the running snapshot by a newer one, or changes nothing. Used on one thread, which must
// not be a worker's: loading reads files.
class Reloader {
 public:
  // Has all workers take `next` over, or none.
  using Adopt = std::function<Result<void>(const relay::SnapshotPtr& next)>;

  Reloader(LoadResult running, Adopt adopt, telemetry::Log& log, telemetry::Metrics& metrics,
           LoadLocalCa load_local_ca = {});

  // A configuration that names a path outside is not taken.
  void stay_within(std::shared_ptr<const Reach> reach) { reach_ = std::move(reach); }

  // The configuration file and every file it names.
  ReloadOutcome reload(ReloadTrigger trigger);
  // Every file that the running configuration names; the configuration file is not read, so that a
  // certificate's renewal never puts a half-edited configuration into effect. Renewal is often two
  // steps, so a first failure is only noted; with `again` it is one.
  ReloadOutcome reload_files(bool again);

  // What this process was started with, for what a reload does not change.
  const policy::Config& started() const { return started_; }
  const relay::SnapshotPtr& running() const { return running_.snapshot; }
  std::uint64_t generation() const { return generation_; }
  const FilesDigest& loaded_files() const { return running_.files; }

  // What became of the last one; empty: none since the start.
  struct Last {
    std::chrono::sys_seconds at;
    ReloadTrigger trigger;
    bool ok;
    std::string summary;
  };
  const std::optional<Last>& last() const { return last_; }

 private:
  LoadResult load_again() const;
  ReloadOutcome adopt(LoadResult next);
  void report(const ReloadOutcome& outcome, ReloadTrigger trigger);
  void log_outcome(const ReloadOutcome& outcome, ReloadTrigger trigger,
                   telemetry::Severity failure);

  LoadResult running_;
  const std::string config_file_;
  const policy::Config started_;
  Adopt adopt_;
  telemetry::Log& log_;
  telemetry::Metrics& metrics_;
  const LoadLocalCa load_local_ca_;
  std::shared_ptr<const Reach> reach_;  // null: everywhere
  std::uint64_t generation_ = 1;
  std::optional<Last> last_;
};

}  // namespace portcullis::app
