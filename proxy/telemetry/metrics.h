#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/telemetry/metric_table.h"

namespace portcullis::telemetry {

// The account of connections. Per kind: accepted = rejected + closed + active. accepted() is called
// when a connection is taken; then exactly one of rejected() or closed() ends it. established() is
// in between and does not count into the equation.
class StreamMetrics {
 public:
  explicit StreamMetrics(MetricTable& table) : table_(table) {}

  void accepted(StreamKind kind, TlsEntry entry);         // + active{negotiating}
  void rejected(StreamKind kind, policy::Reason reason);  // - active{negotiating}
  void established(StreamKind kind);                      // negotiating -> relaying
  void closed(StreamKind kind, End end, Phase phase);     // - active{phase}

  // By the guard, while relaying.
  void stanza_rejected(StreamKind kind, policy::Reason reason) {
    table_.stanzas_rejected.count(kind, reason);
  }
  void bytes(StreamKind kind, Direction direction, std::uint64_t count) {
    table_.bytes.add(count, kind, direction);
  }
  void limit_hit(Limit limit) { table_.limit_hits.count(limit); }

 private:
  MetricTable& table_;
};

// What the policy decided: one call for each decision, that is for each pair of domains on a
// stream. A verdict other than kAccepted without a reason counts as internal_error; a reason with
// kAccepted is not counted.
class PolicyMetrics {
 public:
  explicit PolicyMetrics(MetricTable& table) : table_(table) {}

  void verdict(StreamKind kind, policy::Verdict verdict, std::optional<policy::Reason> reason);
  // `rule` is a pattern that the operator wrote.
  void rule_verdict(std::string_view rule, policy::Verdict verdict,
                    std::optional<policy::Reason> reason);

 private:
  MetricTable& table_;
};

// The way to the two ends of a stream: addresses, connections and TLS.
class ConnectionMetrics {
 public:
  explicit ConnectionMetrics(MetricTable& table) : table_(table) {}

  void dns_query(Outcome outcome, std::chrono::microseconds took);
  void dial_attempt(Outcome outcome) { table_.dial_attempts.count(outcome); }
  void backend_connection(StreamKind kind, Outcome outcome) {
    table_.backend_connections.count(kind, outcome);
  }
  // kUnknown: the handshake failed before there was a version.
  void handshake(StreamKind kind, TlsVersion version, Outcome outcome,
                 std::chrono::microseconds took);
  void served_certificate(StreamKind kind, KeyType type) {
    table_.served_certificates.count(kind, type);
  }

 private:
  MetricTable& table_;
};

// Which configuration is in force, and what it says. Domains and files are those that the operator
// wrote.
class ConfigurationMetrics {
 public:
  explicit ConfigurationMetrics(MetricTable& table) : table_(table) {}

  void policy_mode(policy::Mode mode);
  void certificate_expiry(std::string_view domain, KeyType type,
                          std::chrono::sys_seconds not_after);
  void exception_until(std::string_view domain, std::chrono::sys_seconds until);
  void crl_next_update(std::string_view file, std::chrono::sys_seconds next_update);
  // Forgets the certificates, exceptions and revocation lists of the last configuration.
  void forget();
  // `generation` is that of the configuration in force; `at` is when it was taken, and not used
  // with a failure.
  void reloaded(Outcome outcome, std::uint64_t generation, std::chrono::sys_seconds at);

 private:
  MetricTable& table_;
};

// All that is counted, in the groups of those who count it. To add a metric: a row in MetricTable,
// and a function in one of the groups. Thread-safe.
class Metrics {
 public:
  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void build_info(std::string_view version, std::string_view openssl) {
    table_.build_info.set(1, {version}, {openssl});
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
};

}  // namespace portcullis::telemetry
