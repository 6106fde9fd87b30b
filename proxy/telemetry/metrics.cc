#include "proxy/telemetry/metrics.h"

#include "proxy/base/clock.h"

namespace portcullis::telemetry {
namespace {

double unix_time(std::chrono::sys_seconds time) {
  return static_cast<double>(time.time_since_epoch().count());
}

// The reason that is counted with a verdict.
std::optional<policy::Reason> counted(policy::Verdict verdict,
                                      std::optional<policy::Reason> reason) {
  if (!has_reason(verdict)) return std::nullopt;
  return reason.value_or(policy::Reason::kInternalError);
}

}  // namespace

void StreamMetrics::accepted(StreamKind kind, TlsEntry entry) {
  table_.accepted.count(kind, entry);
  table_.active.change(+1, kind, Phase::kNegotiating);
}

void StreamMetrics::rejected(StreamKind kind, policy::Reason reason) {
  table_.rejected.count(kind, reason, policy::fault_of(reason, kind));
  table_.active.change(-1, kind, Phase::kNegotiating);
}

void StreamMetrics::established(StreamKind kind) {
  table_.established.count(kind);
  table_.active.change(-1, kind, Phase::kNegotiating);
  table_.active.change(+1, kind, Phase::kRelaying);
}

void StreamMetrics::closed(StreamKind kind, End end, Phase phase) {
  table_.closed.count(kind, end);
  table_.active.change(-1, kind, phase);
}

void PolicyMetrics::verdict(StreamKind kind, policy::Verdict verdict,
                            std::optional<policy::Reason> reason) {
  table_.verdicts.count(kind, verdict, counted(verdict, reason));
}

void PolicyMetrics::rule_verdict(std::string_view rule, policy::Verdict verdict,
                                 std::optional<policy::Reason> reason) {
  table_.rule_verdicts.count({rule}, verdict, counted(verdict, reason));
}

void ConnectionMetrics::dns_query(Outcome outcome, std::chrono::microseconds took) {
  table_.dns_queries.count(outcome);
  table_.dns_query_duration.observe(took);
}

void ConnectionMetrics::backend_up(std::string_view domain, StreamKind kind, bool up) {
  table_.backend_up.set(up ? 1 : 0, {domain}, kind);
}

void ConnectionMetrics::forget_backends() {
  table_.backend_up.forget();
}

void ConnectionMetrics::handshake_done(StreamKind kind, TlsVersion version,
                                       std::chrono::microseconds took) {
  table_.tls_handshakes.count(kind, version, Outcome::kSuccess);
  table_.tls_handshake_duration.observe(took, kind);
}

void ConfigurationMetrics::policy_mode(policy::Mode mode) {
  using Modes = Label<policy::Mode>;
  for (std::size_t i = 0; i < Modes::kSize; ++i)
    table_.policy_mode.set(Modes::at(i) == mode ? 1 : 0, Modes::at(i));
}

void ConfigurationMetrics::certificate_expiry(std::string_view domain, KeyType type,
                                              std::chrono::sys_seconds not_after) {
  table_.certificate_not_after.set(unix_time(not_after), {domain}, type);
}

void ConfigurationMetrics::certificate_client_use(std::string_view domain, bool allowed) {
  table_.certificate_client_use.set(allowed ? 1 : 0, {domain});
}

void ConfigurationMetrics::exception_until(std::string_view domain,
                                           std::chrono::sys_seconds until) {
  table_.exception_until.set(unix_time(until), {domain});
}

void ConfigurationMetrics::crl_next_update(std::string_view file,
                                           std::chrono::sys_seconds next_update) {
  table_.crl_next_update.set(unix_time(next_update), {file});
}

void ConfigurationMetrics::forget() {
  table_.certificate_not_after.forget();
  table_.certificate_client_use.forget();
  table_.exception_until.forget();
  table_.crl_next_update.forget();
}

void ConfigurationMetrics::reloaded(Outcome outcome, std::uint64_t generation,
                                    std::chrono::sys_seconds at) {
  const bool ok = outcome == Outcome::kSuccess;
  table_.reloads.count(outcome);
  table_.reload_failed.set(ok ? 0 : 1);
  table_.generation.set(static_cast<double>(generation));
  if (ok) table_.last_reload.set(unix_time(at));
}

Metrics::Metrics() {
  const double now = unix_time(wall_clock_now());
  table_.generation.set(1);
  table_.last_reload.set(now);
  table_.start_time.set(now);
}

}  // namespace portcullis::telemetry
