#include "proxy/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

#include "proxy/telemetry/label_values.h"
#include "proxy/telemetry/metric_grid.h"
#include "proxy/telemetry/policy_metrics.h"
#include "proxy/telemetry/process_collector.h"

namespace portcullis::telemetry {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

Histogram::BucketBoundaries handshake_buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}
Histogram::BucketBoundaries dns_buckets() {
  return {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

struct Metrics::Impl {
  Impl();

  void declare_streams();
  void declare_tls();
  void declare_process();

  prometheus::Family<Counter>& counters(const char* metric, const char* help) {
    return prometheus::BuildCounter().Name(metric).Help(help).Register(registry);
  }
  prometheus::Family<Gauge>& gauges(const char* metric, const char* help) {
    return prometheus::BuildGauge().Name(metric).Help(help).Register(registry);
  }

  prometheus::Registry registry;
  ProcessCollector process;
  Grid<Counter, kKinds, 2> accepted{};
  Grid<Gauge, kKinds, 2> active{};
  Grid<Counter, kKinds> established{};
  Grid<Counter, kKinds, policy::kReasonCount> rejected{};
  Grid<Counter, kKinds, kEnds.size()> closed{};
  Grid<Counter, kKinds, kVersions.size(), 2> handshakes{};
  Grid<Histogram, kKinds> handshake_duration{};
  Grid<Counter, kKinds, kKeyTypes.size()> served_certificates{};
  Grid<Counter, kKinds, policy::kReasonCount> stanzas_rejected{};
  Grid<Counter, kKinds, 2> bytes{};
  Grid<Counter, 2> dial_attempts{};
  Grid<Counter, 2> dns_queries{};
  Histogram* dns_duration = nullptr;
  Grid<Counter, kKinds, 2> backend_connections{};
  Grid<Counter, kLimits.size()> limit_hits{};
  ConfiguredGauge certificate_expiry{
      gauges("portcullis_certificate_not_after_timestamp_seconds",
             "When the operator's certificate of a domain expires.")};
  PolicyMetrics policy{registry};
  prometheus::Family<Gauge>* build_info = nullptr;
};

Metrics::Impl::Impl() {
  declare_streams();
  declare_tls();
  declare_process();
}

void Metrics::Impl::declare_streams() {
  accepted = by_kind_and(counters("portcullis_connections_accepted_total",
                                  "Connections taken, by kind and by how TLS starts."),
                         "tls_entry", kEntries);
  auto& active_family =
      gauges("portcullis_streams_active", "Connections that stand now, by kind and phase.");
  auto& established_family =
      counters("portcullis_streams_established_total", "Streams authenticated on both legs.");
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (std::size_t i = 0; i < kPhases.size(); ++i)
      active[kind][i] =
          &active_family.Add({{"kind", kind_at(kind)}, {"phase", std::string(kPhases[i])}});
    established[kind] = &established_family.Add({{"kind", kind_at(kind)}});
  }
  rejected =
      by_kind_and_reason(counters("portcullis_streams_rejected_total",
                                  "Connections refused before their stream was established."));
  closed = by_kind_and(counters("portcullis_streams_closed_total",
                                "Connections that ended without being refused, by who ended them."),
                       "end", kEnds);
  stanzas_rejected = by_kind_and_reason(counters(
      "portcullis_stanzas_rejected_total", "Stanzas of established streams that were refused."));
  bytes = by_kind_and(counters("portcullis_bytes_total", "Octets of XML relayed, without TLS."),
                      "direction", kDirections);
  backend_connections = by_kind_and(counters("portcullis_backend_connections_total",
                                             "Attempts to reach and authenticate the backend."),
                                    "outcome", kOutcomes);
}

void Metrics::Impl::declare_tls() {
  auto& handshake_family = counters("portcullis_tls_handshakes_total", "TLS handshakes finished.");
  auto& duration_family = prometheus::BuildHistogram()
                              .Name("portcullis_tls_handshake_duration_seconds")
                              .Help("Time from the first octet of TLS to the end of the handshake.")
                              .Register(registry);
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (std::size_t version = 0; version < kVersions.size(); ++version)
      for (std::size_t ok = 0; ok < kOutcomes.size(); ++ok)
        handshakes[kind][version][ok] =
            &handshake_family.Add({{"kind", kind_at(kind)},
                                   {"version", std::string(kVersions[version])},
                                   {"outcome", std::string(kOutcomes[ok])}});
    handshake_duration[kind] = &duration_family.Add({{"kind", kind_at(kind)}}, handshake_buckets());
  }
  served_certificates =
      by_kind_and(counters("portcullis_tls_served_certificates_total",
                           "Own certificates shown in handshakes, by type of key."),
                  "key_type", kKeyTypes);
}

void Metrics::Impl::declare_process() {
  dial_attempts = by(counters("portcullis_dial_attempts_total",
                              "TCP connections attempted to servers of other domains."),
                     "outcome", kOutcomes);
  dns_queries =
      by(counters("portcullis_dns_queries_total", "Searches for the server of another domain."),
         "outcome", kOutcomes);
  dns_duration = &prometheus::BuildHistogram()
                      .Name("portcullis_dns_query_duration_seconds")
                      .Help("Time to find the server of another domain.")
                      .Register(registry)
                      .Add({}, dns_buckets());
  limit_hits = by(
      counters("portcullis_limit_hits_total", "Connections refused because a limit was reached."),
      "limit", kLimits);
  build_info = &gauges("portcullis_build_info", "Always 1; the labels tell what is running.");
  gauges("portcullis_start_time_seconds", "When the program started, since the Unix epoch.")
      .Add({})
      .SetToCurrentTime();
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::accepted(StreamKind kind, TlsEntry entry) {
  impl_->accepted[index(kind)][index(entry)]->Increment();
  impl_->active[index(kind)][index(Phase::kNegotiating)]->Increment();
}

void Metrics::rejected(StreamKind kind, policy::Reason reason) {
  impl_->rejected[index(kind)][index(reason)]->Increment();
  impl_->active[index(kind)][index(Phase::kNegotiating)]->Decrement();
}

void Metrics::established(StreamKind kind) {
  impl_->established[index(kind)]->Increment();
  impl_->active[index(kind)][index(Phase::kNegotiating)]->Decrement();
  impl_->active[index(kind)][index(Phase::kRelaying)]->Increment();
}

void Metrics::closed(StreamKind kind, End end, Phase phase) {
  impl_->closed[index(kind)][index(end)]->Increment();
  impl_->active[index(kind)][index(phase)]->Decrement();
}

void Metrics::handshake(StreamKind kind, TlsVersion version, bool ok,
                        std::chrono::microseconds took) {
  impl_->handshakes[index(kind)][index_of(kVersions, name(version))][index(ok)]->Increment();
  impl_->handshake_duration[index(kind)]->Observe(seconds(took));
}

void Metrics::served_certificate(StreamKind kind, std::string_view key_type) {
  impl_->served_certificates[index(kind)][index_of(kKeyTypes, key_type)]->Increment();
}

void Metrics::stanza_rejected(StreamKind kind, policy::Reason reason) {
  impl_->stanzas_rejected[index(kind)][index(reason)]->Increment();
}

void Metrics::bytes(StreamKind kind, bool toward_backend, std::uint64_t count) {
  impl_->bytes[index(kind)][index(toward_backend)]->Increment(static_cast<double>(count));
}

void Metrics::dial_attempt(bool ok) {
  impl_->dial_attempts[index(ok)]->Increment();
}

void Metrics::dns_query(bool ok, std::chrono::microseconds took) {
  impl_->dns_queries[index(ok)]->Increment();
  impl_->dns_duration->Observe(seconds(took));
}

void Metrics::backend_connection(StreamKind kind, bool ok) {
  impl_->backend_connections[index(kind)][index(ok)]->Increment();
}

void Metrics::limit_hit(Limit limit) {
  impl_->limit_hits[index(limit)]->Increment();
}

void Metrics::certificate_expiry(std::string_view domain, std::string_view key_type,
                                 std::chrono::sys_seconds not_after) {
  const auto type = kKeyTypes[index_of(kKeyTypes, key_type)];
  impl_->certificate_expiry.set({{"domain", std::string(domain)}, {"key_type", std::string(type)}},
                                static_cast<double>(not_after.time_since_epoch().count()));
}

void Metrics::verdict(StreamKind kind, policy::Verdict verdict,
                      std::optional<policy::Reason> reason) {
  impl_->policy.verdict(kind, verdict, reason);
}

void Metrics::rule_verdict(std::string_view rule, policy::Verdict verdict,
                           std::optional<policy::Reason> reason) {
  impl_->policy.rule_verdict(rule, verdict, reason);
}

void Metrics::exception_until(std::string_view domain, std::chrono::sys_seconds until) {
  impl_->policy.exception_until(domain, until);
}

void Metrics::crl_next_update(std::string_view file, std::chrono::sys_seconds next_update) {
  impl_->policy.crl_next_update(file, next_update);
}

void Metrics::policy_mode(policy::Mode mode) {
  impl_->policy.policy_mode(mode);
}

void Metrics::reloaded(bool ok, std::uint64_t generation, std::chrono::sys_seconds at) {
  impl_->policy.reloaded(ok, generation, at);
}

void Metrics::forget_configuration() {
  impl_->certificate_expiry.forget();
  impl_->policy.forget_configuration();
}

void Metrics::build_info(std::string_view version, std::string_view openssl) {
  impl_->build_info->Add({{"version", std::string(version)}, {"openssl", std::string(openssl)}})
      .Set(1);
}

std::string Metrics::render() const {
  auto families = impl_->registry.Collect();
  auto own = impl_->process.Collect();
  families.insert(families.end(), std::make_move_iterator(own.begin()),
                  std::make_move_iterator(own.end()));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace portcullis::telemetry
