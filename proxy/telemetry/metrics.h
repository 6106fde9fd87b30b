#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/telemetry/metric_table.h"

namespace portcullis::telemetry {

// Connections and streams. For each kind, accepted = rejected + closed + active. So accepted() is
// called when a connection is accepted, and later exactly one of rejected() and closed() is called.
// established() may be called in between.
class StreamMetrics {
 public:
  explicit StreamMetrics(MetricTable& table) : table_(table) {}

  void accepted(StreamKind kind, TlsEntry entry);
  void rejected(StreamKind kind, policy::Reason reason);  // while negotiating
  void established(StreamKind kind);                      // from negotiating to relaying
  // An established stream stands for as long as what is returned lives. `domain` is that of a host
  // of the configuration, so that the number of series is bounded.
  Counted stands(std::string_view domain, StreamKind kind, TlsVersion version, Authentication how) {
    return table_.standing.count({domain}, kind, version, how);
  }
  void by_dialback(StreamKind kind) { table_.by_dialback.count(kind); }  // beside established()
  void closed(StreamKind kind, End end, Phase phase);                    // in this phase
  // This one never said anything. It is closed, not rejected.
  void silent(StreamKind kind) { table_.silent.count(kind); }

  // The guard has refused a stanza while relaying.
  void stanza_rejected(StreamKind kind, policy::Reason reason) {
    table_.stanzas_rejected.count(kind, reason);
  }
  void undelivered(StreamKind kind, Direction direction, Return what, End end,
                   std::uint64_t stanzas) {
    if (stanzas > 0) table_.stanzas_undelivered.add(stanzas, kind, direction, what, end);
  }
  void bytes(StreamKind kind, Direction direction, std::uint64_t count) {
    table_.bytes.add(count, kind, direction);
  }
  void error_stream(Direction direction, Outcome outcome) {
    table_.error_streams.count(direction, outcome);
  }
  void limit_hit(Limit limit) { table_.limit_hits.count(limit); }
  void held_bytes(std::size_t bytes) { table_.held_bytes.set(static_cast<double>(bytes)); }
  // `stopped`: how many streams are not read from because of it.
  void memory(std::size_t bytes, std::size_t limit, std::size_t stopped) {
    table_.memory_bytes.set(static_cast<double>(bytes));
    table_.memory_limit.set(static_cast<double>(limit));
    table_.stopped.set(static_cast<double>(stopped));
  }
  void busiest_address(std::size_t connections) {
    table_.busiest_address.set(static_cast<double>(connections));
  }

 private:
  MetricTable& table_;
};

// The decisions of the policy: one call for each decision, that is for each pair of domains on a
// stream. With kAccepted the reason is ignored. With another verdict, a missing reason counts as
// internal_error.
class PolicyMetrics {
 public:
  explicit PolicyMetrics(MetricTable& table) : table_(table) {}

  void verdict(StreamKind kind, policy::Verdict verdict, std::optional<policy::Reason> reason);
  // `rule`: the pattern that the operator wrote.
  void rule_verdict(std::string_view rule, policy::Verdict verdict,
                    std::optional<policy::Reason> reason);

 private:
  MetricTable& table_;
};

// How connections to the two ends of a stream are made: DNS, dialing, TLS.
class ConnectionMetrics {
 public:
  explicit ConnectionMetrics(MetricTable& table) : table_(table) {}

  void dns_query(Outcome outcome, std::chrono::microseconds took);
  void capture_query(DnsOutcome outcome) { table_.capture_queries.count(outcome); }
  void around_the_gate(std::size_t connections) {
    table_.around_the_gate.set(static_cast<double>(connections));
  }
  void clock_suspect(bool suspect) { table_.clock_suspect.set(suspect ? 1 : 0); }
  void dial_attempt(Outcome outcome) { table_.dial_attempts.count(outcome); }
  void address_refused(StreamKind kind) { table_.addresses_refused.count(kind); }
  void shared_certificate(Outcome outcome) { table_.shared_certificates.count(outcome); }
  void backend_connection(StreamKind kind, Outcome outcome) {
    table_.backend_connections.count(kind, outcome);
  }
  // `domain` is of the configuration.
  void backend_up(std::string_view domain, StreamKind kind, bool up);
  void forget_backends();
  void handshake_done(StreamKind kind, TlsVersion version, std::chrono::microseconds took);
  void handshake_failed(StreamKind kind) {
    table_.tls_handshakes.count(kind, TlsVersion::kUnknown, Outcome::kFailure);
  }
  void served_certificate(StreamKind kind, KeyType type) {
    table_.served_certificates.count(kind, type);
  }

 private:
  MetricTable& table_;
};

// Which configuration is in force, and what it contains. Domains and files are given as the
// operator wrote them.
class ConfigurationMetrics {
 public:
  explicit ConfigurationMetrics(MetricTable& table) : table_(table) {}

  void policy_mode(policy::Mode mode);
  // Whether other servers that check the purpose accept what the host shows on outgoing streams.
  void certificate_client_use(std::string_view domain, bool allowed);
  void certificate_expiry(std::string_view domain, KeyType type,
                          std::chrono::sys_seconds not_after);
  void exception_until(std::string_view domain, std::chrono::sys_seconds until);
  void crl_next_update(std::string_view file, std::chrono::sys_seconds next_update);
  void local_ca_restarted(Outcome outcome) { table_.local_ca_restarts.count(outcome); }
  // Removes the certificates, exceptions and revocation lists of the configuration before.
  void forget();
  // `generation` is the number of the configuration that is now in force. `at` is the time at which
  // it was loaded; after a failure it is ignored.
  void reloaded(Outcome outcome, std::uint64_t generation, std::chrono::sys_seconds at);

 private:
  MetricTable& table_;
};

class LogMetrics {
 public:
  explicit LogMetrics(MetricTable& table) : table_(table) {}

  void dropped(LogRank rank) { table_.log_lines_dropped.count(rank); }

 private:
  MetricTable& table_;
};

// All metrics, in groups. To add one, add a row to MetricTable and a function to a group.
// Thread-safe.
class Metrics {
 public:
  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void build_info(std::string_view version, std::string_view openssl) {
    table_.build_info.set(1, {version}, {openssl});
  }
  void draining() { table_.draining.set(1); }
  void predecessors(std::size_t processes, std::uint64_t served) {
    table_.predecessors.set(static_cast<double>(processes));
    table_.predecessor_streams.set(static_cast<double>(served));
  }

  const std::vector<MetricRow>& rows() const { return table_.registry.rows(); }
  // Prometheus text exposition format 0.0.4.
  std::string render() const { return table_.registry.render(); }

 private:
  MetricTable table_;

 public:
  StreamMetrics streams{table_};
  PolicyMetrics policy{table_};
  ConnectionMetrics connections{table_};
  ConfigurationMetrics configuration{table_};
  LogMetrics log{table_};
};

}  // namespace portcullis::telemetry
