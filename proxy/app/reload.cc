#include "proxy/app/reload.h"

#include <utility>

#include "proxy/base/clock.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {
namespace {

using telemetry::Severity;

Severity severity_of(const policy::Diagnostic& finding, Severity of_errors) {
  return finding.severity == policy::Diagnostic::Severity::kError ? of_errors : Severity::kWarning;
}

}  // namespace

void publish(telemetry::Metrics& metrics, const relay::Snapshot& snapshot) {
  auto& configuration = metrics.configuration;
  configuration.forget();
  configuration.policy_mode(snapshot.config().mode);
  for (const auto& served : snapshot.served())
    configuration.certificate_expiry(served.domain, served.key_type, served.not_after);
  for (const auto& calling : snapshot.calling())
    configuration.certificate_client_use(calling.domain, calling.client_use);
  for (const auto& exception : snapshot.config().s2s.exceptions)
    configuration.exception_until(exception.domain.a_label(),
                                  exception.until + std::chrono::days(1));
  for (const auto& list : snapshot.revocation_lists())
    configuration.crl_next_update(list.file, list.next_update);
}

Reloader::Reloader(LoadResult running, Adopt adopt, telemetry::Log& log,
                   telemetry::Metrics& metrics, LoadLocalCa load_local_ca)
    : running_(std::move(running)),
      config_file_(running_.config_file),
      started_(running_.snapshot->config()),
      adopt_(std::move(adopt)),
      log_(log),
      metrics_(metrics),
      load_local_ca_(std::move(load_local_ca)) {
  publish(metrics_, *running_.snapshot);
}

LoadResult Reloader::load_again() const {
  auto read = read_config(config_file_, Occasion::kRunning);
  const auto outside =
      read.config && reach_ != nullptr ? reach_->outside(*read.config) : policy::Diagnostics();
  // What cannot be opened need not be tried.
  if (!outside.empty()) {
    read.config.reset();
    read.diagnostics.insert(read.diagnostics.end(), outside.begin(), outside.end());
  }
  return load_named_files(config_file_, std::move(read), load_local_ca_, running_.snapshot.get());
}

ReloadOutcome Reloader::reload(ReloadTrigger trigger) {
  auto outcome = adopt(load_again());
  report(outcome, trigger);
  return outcome;
}

ReloadOutcome Reloader::reload_files(bool again) {
  auto outcome = adopt(load_files(*running_.snapshot, load_local_ca_));
  if (outcome.ok || again)
    report(outcome, ReloadTrigger::kFiles);
  else
    log_outcome(outcome, ReloadTrigger::kFiles, Severity::kNotice);
  return outcome;
}

ReloadOutcome Reloader::adopt(LoadResult next) {
  ReloadOutcome outcome{false, generation_, next.diagnostics};
  if (!next.snapshot) return outcome;
  if (const auto adopted = adopt_(next.snapshot); !adopted) {
    outcome.findings.push_back(
        {policy::Diagnostic::Severity::kError, started_.file, 0, 0, adopted.error().message});
    return outcome;
  }
  running_ = std::move(next);
  outcome.ok = true;
  outcome.generation = ++generation_;
  for (auto& finding : needs_restart(started_, running_.snapshot->config()))
    outcome.findings.push_back(std::move(finding));
  publish(metrics_, *running_.snapshot);
  return outcome;
}

void Reloader::report(const ReloadOutcome& outcome, ReloadTrigger trigger) {
  const auto now = wall_clock_now();
  metrics_.configuration.reloaded(telemetry::outcome_of(outcome.ok), generation_, now);
  last_ = Last{now, trigger, outcome.ok, outcome.summary()};
  log_outcome(outcome, trigger, Severity::kError);
}

void Reloader::log_outcome(const ReloadOutcome& outcome, ReloadTrigger trigger, Severity failure) {
  for (const auto& finding : outcome.findings)
    log_.write(severity_of(finding, failure), log_event::kFinding,
               {{log_field::kDetail, finding.text()}});
  log_.write(outcome.ok ? Severity::kNotice : failure, log_event::kReload,
             {{log_field::kOutcome, outcome.ok ? "ok" : "failed"},
              {log_field::kGeneration, static_cast<std::int64_t>(outcome.generation)},
              {log_field::kTrigger, name(trigger)},
              {log_field::kDetail, outcome.summary()}});
}

}  // namespace portcullis::app
