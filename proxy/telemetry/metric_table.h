#pragma once

#include "proxy/telemetry/labels.h"
#include "proxy/telemetry/metric.h"
#include "proxy/telemetry/spread_counter.h"

namespace portcullis::telemetry {

// Whether a verdict is counted with a reason. Without one, the word is "none".
constexpr bool has_reason(policy::Verdict verdict) {
  return verdict != policy::Verdict::kAccepted;
}

// Which combinations of labels can occur. All of it follows from the table of reasons and from the
// direction of a stream.
namespace can_occur {

// Outgoing streams begin on a listener of ours that speaks STARTTLS only.
constexpr bool entry(StreamKind kind, TlsEntry entry) {
  return !calls_peer(kind) || entry == TlsEntry::kStartTls;
}
inline bool refusal(StreamKind kind, policy::Reason reason, policy::Fault fault) {
  return policy::can_refuse(reason, kind) && policy::fault_of(reason, kind) == fault;
}
inline bool refused_stanza(StreamKind kind, policy::Reason reason) {
  // Clients say nothing about domains that would be checked.
  return policy::info(reason).while_relaying &&
         (kind != StreamKind::kC2s || reason != policy::Reason::kAddressSpoofed);
}
inline bool verdict(StreamKind kind, policy::Verdict verdict,
                    std::optional<policy::Reason> reason) {
  if (has_reason(verdict) != reason.has_value()) return false;
  if (!reason) return true;
  if (!policy::can_refuse(*reason, kind)) return false;
  const auto& info = policy::info(*reason);
  switch (verdict) {
    case policy::Verdict::kAccepted:
    case policy::Verdict::kRejected:
      return true;
    case policy::Verdict::kWouldReject:
      return !info.always_enforced;
    case policy::Verdict::kExcepted:  // exceptions are about other servers
      return info.waiver != policy::Waiver::kNever && kind != StreamKind::kC2s;
  }
  return true;
}
constexpr bool by_dialback(StreamKind kind) {
  return calls_peer(kind);
}
constexpr bool handshake(StreamKind /*kind*/, TlsVersion version, Outcome outcome) {
  return (outcome == Outcome::kSuccess) == (version != TlsVersion::kUnknown);
}
// On outgoing streams the peer is the one that shows a server's certificate.
constexpr bool served_certificate(StreamKind kind, KeyType /*type*/) {
  return !calls_peer(kind);
}
constexpr bool backend_connection(StreamKind kind, Outcome /*outcome*/) {
  return !calls_peer(kind);
}

}  // namespace can_occur

// Every metric of the program, one row for each: its type with its labels, its name, and what it
// tells. docs/metrics.md is written from these rows.
//
// Names follow https://prometheus.io/docs/practices/naming/, and a test checks that.
struct MetricTable {
  MetricRegistry registry;

  Counter<StreamKind, TlsEntry> accepted{registry, "portcullis_connections_accepted_total",
                                         "Connections that were accepted.", can_occur::entry};
  Counter<StreamKind> silent{
      registry, "portcullis_connections_silent_total",
      "Connections that never said anything, as those of load balancers and other programs that "
      "look whether the port answers. They are accepted and closed, not refused."};
  Gauge<StreamKind, Phase> active{registry, "portcullis_streams_active",
                                  "Connections that are open now."};
  OpenGauge<DomainText, StreamKind, TlsVersion, Authentication> standing{
      registry, "portcullis_streams_standing",
      "Streams that stand now, by the TLS of the connection to the other side (`none`: in the "
      "clear) and by how that side is known. `domain` is that of one of your hosts."};
  Counter<StreamKind> established{registry, "portcullis_streams_established_total",
                                  "Streams that were established: both legs were authenticated."};
  Counter<StreamKind> by_dialback{
      registry, "portcullis_streams_dialback_total",
      "Streams that were established by a key of server dialback, because the other server takes "
      "no SASL EXTERNAL from us, see `originate_dialback`.",
      can_occur::by_dialback};
  Counter<StreamKind, policy::Reason, policy::Fault> rejected{
      registry, "portcullis_streams_rejected_total",
      "Connections that were refused before their stream was established.", can_occur::refusal};
  Counter<StreamKind, End> closed{registry, "portcullis_streams_closed_total",
                                  "Connections that ended and had not been refused."};
  Counter<StreamKind, policy::Reason> stanzas_rejected{
      registry, "portcullis_stanzas_rejected_total",
      "Stanzas that were refused on established streams. Each one ends its stream.",
      can_occur::refused_stanza};
  Counter<StreamKind, Direction, Return, End> stanzas_undelivered{
      registry, "portcullis_stanzas_undelivered_total",
      "Stanzas that were accepted and did not arrive at the other side before its connection was "
      "gone: what became of them, and why their stream ended."};
  SpreadCounter<StreamKind, Direction> bytes{
      registry, "portcullis_bytes_total", "Octets of XML that were relayed, counted without TLS."};
  Counter<Direction, Outcome> error_streams{
      registry, "portcullis_error_streams_total",
      "Streams that the gate opened itself, to tell senders that their stanzas were not delivered. "
      "`success`: the other server's kernel has acknowledged all of it."};
  Counter<Limit> limit_hits{
      registry, "portcullis_limit_hits_total",
      "Connections that were refused, dropped or ended because a limit was reached."};
  Gauge<> held_bytes{registry, "portcullis_held_bytes",
                     "Octets of unfinished stanzas, and of what is queued to connections, over all "
                     "streams. `limits.held_bytes` bounds them."};
  Gauge<> memory_bytes{registry, "portcullis_memory_bytes",
                       "What all streams take of `limits.memory`, as it is estimated: the octets "
                       "of `portcullis_held_bytes`, and what each connection costs by itself."};
  Gauge<> memory_limit{registry, "portcullis_memory_limit_bytes",
                       "The value of `limits.memory` that is in force, in octets."};
  Gauge<> stopped{registry, "portcullis_streams_stopped",
                  "Established streams that are not read from, because memory is short and they "
                  "are among those that hold most."};
  Gauge<> busiest_address{registry, "portcullis_busiest_address_connections",
                          "Open connections of the address that has most of them. Addresses in "
                          "`limits.exempt` are left "
                          "out."};

  Counter<StreamKind, policy::Verdict, std::optional<policy::Reason>> verdicts{
      registry, "portcullis_verdicts_total", "Decisions, one for each pair of domains on a stream.",
      can_occur::verdict};
  OpenCounter<RulePattern, policy::Verdict, std::optional<policy::Reason>> rule_verdicts{
      registry, "portcullis_rule_verdicts_total",
      "Decisions about domains that a rule of the configuration matches."};
  Gauge<policy::Mode> policy_mode{registry, "portcullis_policy_mode",
                                  "1 for the `mode` of `[policy]`, 0 for the other one."};
  OpenGauge<DomainText> exception_until{
      registry, "portcullis_exception_until_timestamp_seconds",
      "When the exception for a domain ends, in seconds since the Unix epoch."};

  Counter<StreamKind, TlsVersion, Outcome> tls_handshakes{
      registry, "portcullis_tls_handshakes_total",
      "TLS handshakes on the side of the Internet that were finished or failed.",
      can_occur::handshake};
  Histogram<StreamKind> tls_handshake_duration{
      registry,
      "portcullis_tls_handshake_duration_seconds",
      "Time from the first octet of a TLS handshake to its end. Only handshakes that succeeded are "
      "measured.",
      {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}};
  Counter<StreamKind, KeyType> served_certificates{
      registry, "portcullis_tls_served_certificates_total",
      "Certificates of the operator that were shown in TLS handshakes.",
      can_occur::served_certificate};
  OpenGauge<DomainText, KeyType> certificate_not_after{
      registry, "portcullis_certificate_not_after_timestamp_seconds",
      "When a certificate of the operator expires, in seconds since the Unix epoch; of two of one "
      "type, the first."};
  OpenGauge<DomainText> certificate_client_use{
      registry, "portcullis_certificate_client_use",
      "1 if the certificates that are shown on streams to other servers are meant for TLS clients "
      "(clientAuth), 0 if servers that check this refuse them."};
  OpenGauge<FileName> crl_next_update{
      registry, "portcullis_crl_next_update_timestamp_seconds",
      "When the next issue of a revocation list is due, in seconds since the Unix epoch."};

  Counter<Outcome> dns_queries{registry, "portcullis_dns_queries_total",
                               "Searches in DNS for the server of another domain."};
  Histogram<> dns_query_duration{registry,
                                 "portcullis_dns_query_duration_seconds",
                                 "Time that a search in DNS for the server of another domain took.",
                                 {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}};
  Counter<DnsOutcome> capture_queries{
      registry, "portcullis_capture_queries_total",
      "Look-ups of the backend that the gate was asked, with `capture = \"dns\"`."};
  Gauge<> around_the_gate{
      registry, "portcullis_connections_around_gate",
      "With `capture = \"dns\"`: connections of other users of this machine to the ports of XMPP "
      "servers elsewhere, looked for every 20 seconds. The backend does not ask the gate for "
      "servers."};
  Gauge<> clock_suspect{
      registry, "portcullis_clock_suspect",
      "1 if the clock of this machine is suspect, because the certificates of several servers that "
      "were called are out of time by it; 0 if not."};
  Counter<Outcome> dial_attempts{registry, "portcullis_dial_attempts_total",
                                 "Attempts to connect to a server of another domain."};
  Counter<StreamKind> addresses_refused{
      registry, "portcullis_addresses_refused_total",
      "Addresses that were found for the far end of a stream and were not called, see the reason "
      "address_refused."};
  Counter<StreamKind, Outcome> backend_connections{
      registry, "portcullis_backend_connections_total",
      "Attempts to connect to the backend and to authenticate there.",
      can_occur::backend_connection};
  Counter<Outcome> shared_certificates{
      registry, "portcullis_backend_certificate_shared_total",
      "Connections of clients to a backend with channel_binding, by whether it showed the very "
      "certificate that the client was served."};
  OpenGauge<DomainText, StreamKind> backend_up{
      registry, "portcullis_backend_up",
      "1 if the backend of a domain answered when it was last called or probed, else 0."};

  Counter<Outcome> reloads{registry, "portcullis_config_reloads_total",
                           "Reloads of the configuration."};
  Gauge<> reload_failed{
      registry, "portcullis_policy_reload_failed",
      "1 if the last reload failed, so that the configuration before it is still in force; "
      "else 0."};
  Gauge<> generation{
      registry, "portcullis_config_generation",
      "Number of the configuration in force. The first is 1, and each successful reload adds 1."};
  Gauge<> last_reload{
      registry, "portcullis_config_last_reload_timestamp_seconds",
      "When the configuration in force was loaded, in seconds since the Unix epoch."};

  Counter<Outcome> local_ca_restarts{
      registry, "portcullis_local_ca_restarts_total",
      "Attempts to start the process that holds the local CA's key again, after it had ended."};
  Counter<LogRank> log_lines_dropped{
      registry, "portcullis_log_lines_dropped_total",
      "Lines of the log that were left out, because what reads it was too slow or could not be "
      "written to."};

  Gauge<> draining{registry, "portcullis_draining",
                   "1 from SIGTERM or `portcullis drain` until the end, else 0."};
  Gauge<> predecessors{
      registry, "portcullis_predecessors",
      "Processes from which this one has taken over and that still serve streams."};
  Gauge<> predecessor_streams{registry, "portcullis_predecessor_streams",
                              "Streams that these still serve. They are in no other metric."};
  OpenGauge<ProgramVersion, OpensslVersion> build_info{
      registry, "portcullis_build_info", "Always 1. The labels tell what is running."};
  Gauge<> start_time{registry, "portcullis_start_time_seconds",
                     "When Portcullis started, in seconds since the Unix epoch."};

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
