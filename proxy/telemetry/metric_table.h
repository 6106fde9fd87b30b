#pragma once

#include "proxy/telemetry/labels.h"
#include "proxy/telemetry/metric.h"

namespace portcullis::telemetry {

// Which verdicts are counted with which reasons: an accepted stream has none, each other one does.
constexpr bool has_reason(policy::Verdict verdict) {
  return verdict != policy::Verdict::kAccepted;
}

// Every metric of the program, one row each: its type with its labels, its name, and what it says.
// docs/metrics.md is written from here. Series of closed labels exist from the start, at 0.
//
// Names follow https://prometheus.io/docs/practices/naming/; tests/unit/telemetry checks them.
struct MetricTable {
  MetricRegistry registry;

  Counter<StreamKind, TlsEntry> accepted{registry, "portcullis_connections_accepted_total",
                                         "Connections taken, by kind and by how TLS starts."};
  Gauge<StreamKind, Phase> active{registry, "portcullis_streams_active",
                                  "Connections that stand now, by kind and phase."};
  Counter<StreamKind> established{registry, "portcullis_streams_established_total",
                                  "Streams authenticated on both legs."};
  Counter<StreamKind, policy::Reason> rejected{
      registry, "portcullis_streams_rejected_total",
      "Connections refused before their stream was established."};
  Counter<StreamKind, End> closed{
      registry, "portcullis_streams_closed_total",
      "Connections that ended without being refused, by who ended them."};
  Counter<StreamKind, policy::Reason> stanzas_rejected{
      registry, "portcullis_stanzas_rejected_total",
      "Stanzas of established streams that were refused."};
  Counter<StreamKind, Direction> bytes{registry, "portcullis_bytes_total",
                                       "Octets of XML relayed, without TLS."};
  Counter<Limit> limit_hits{registry, "portcullis_limit_hits_total",
                            "Connections refused because a limit was reached."};

  Counter<StreamKind, policy::Verdict, std::optional<policy::Reason>> verdicts{
      registry, "portcullis_verdicts_total",
      "Decisions about streams, by what was decided and why.",
      [](StreamKind, policy::Verdict verdict, std::optional<policy::Reason> reason) {
        return has_reason(verdict) == reason.has_value();
      }};
  OpenCounter<RulePattern, policy::Verdict, std::optional<policy::Reason>> rule_verdicts{
      registry, "portcullis_rule_verdicts_total",
      "Decisions about streams of domains that a rule of the configuration matches, by the pattern "
      "that matched."};
  Gauge<policy::Mode> policy_mode{registry, "portcullis_policy_mode",
                                  "1 for the mode of domains that no rule gives another one."};
  OpenGauge<DomainText> exception_until{registry, "portcullis_exception_until_timestamp_seconds",
                                        "When the exception for a domain ends."};

  Counter<StreamKind, TlsVersion, Outcome> tls_handshakes{
      registry, "portcullis_tls_handshakes_total", "TLS handshakes finished."};
  Histogram<StreamKind> tls_handshake_duration{
      registry,
      "portcullis_tls_handshake_duration_seconds",
      "Time from the first octet of TLS to the end of the handshake.",
      {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}};
  Counter<StreamKind, KeyType> served_certificates{
      registry, "portcullis_tls_served_certificates_total",
      "Own certificates shown in handshakes, by type of key."};
  OpenGauge<DomainText, KeyType> certificate_not_after{
      registry, "portcullis_certificate_not_after_timestamp_seconds",
      "When the operator's certificate of a domain expires."};
  OpenGauge<FileName> crl_next_update{registry, "portcullis_crl_next_update_timestamp_seconds",
                                      "When the next issue of a revocation list is due."};

  Counter<Outcome> dns_queries{registry, "portcullis_dns_queries_total",
                               "Searches for the server of another domain."};
  Histogram<> dns_query_duration{registry,
                                 "portcullis_dns_query_duration_seconds",
                                 "Time to find the server of another domain.",
                                 {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}};
  Counter<Outcome> dial_attempts{registry, "portcullis_dial_attempts_total",
                                 "TCP connections attempted to servers of other domains."};
  Counter<StreamKind, Outcome> backend_connections{
      registry, "portcullis_backend_connections_total",
      "Attempts to reach and authenticate the backend."};

  Counter<Outcome> reloads{registry, "portcullis_config_reloads_total",
                           "Configurations taken or turned down since the start."};
  Gauge<> reload_failed{registry, "portcullis_policy_reload_failed",
                        "1 when the last reload failed and the configuration before it is still in "
                        "force."};
  Gauge<> generation{registry, "portcullis_config_generation",
                     "Number of the configuration in force; the first is 1."};
  Gauge<> last_reload{registry, "portcullis_config_last_reload_timestamp_seconds",
                      "When the configuration in force was taken."};

  OpenGauge<ProgramVersion, OpensslVersion> build_info{
      registry, "portcullis_build_info", "Always 1; the labels tell what is running."};
  Gauge<> start_time{registry, "portcullis_start_time_seconds",
                     "When the program started, since the Unix epoch."};

  // The names and texts that Prometheus clients agree on.
  ProcessMetric cpu_seconds{registry, "process_cpu_seconds_total", MetricType::kCounter,
                            "Total user and system CPU time spent in seconds.",
                            &ProcessFacts::cpu_seconds};
  ProcessMetric resident_memory{registry, "process_resident_memory_bytes", MetricType::kGauge,
                                "Resident memory size in bytes.", &ProcessFacts::resident_bytes};
  ProcessMetric process_start_time{registry, "process_start_time_seconds", MetricType::kGauge,
                                   "Start time of the process since the Unix epoch in seconds.",
                                   &ProcessFacts::start_time};
  ProcessMetric open_fds{registry, "process_open_fds", MetricType::kGauge,
                         "Number of open file descriptors.", &ProcessFacts::open_descriptors};
  ProcessMetric max_fds{registry, "process_max_fds", MetricType::kGauge,
                        "Maximum number of open file descriptors.",
                        &ProcessFacts::most_descriptors};
};

}  // namespace portcullis::telemetry
