#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/decide/gate.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"

namespace portcullis::telemetry {

// Every metric of the program, declared in one list (metrics.cc). Children exist from the start,
// at 0. Peers' domains, addresses and JIDs are never labels. Thread-safe.
//
// Per kind: accepted = rejected + closed + active. accepted() is called when a connection is
// taken; then exactly one of rejected() or closed() ends it. established() is in between and does
// not count into the equation.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  enum class Phase : std::uint8_t { kNegotiating, kRelaying };
  enum class End : std::uint8_t { kPeer, kBackend, kIdle, kDrain, kError };

  void accepted(StreamKind kind, TlsEntry entry);         // + active{negotiating}
  void rejected(StreamKind kind, policy::Reason reason);  // - active{negotiating}
  void established(StreamKind kind);                      // negotiating -> relaying
  void closed(StreamKind kind, End end, Phase phase);     // - active{phase}
  void handshake(StreamKind kind, TlsVersion version, bool ok, std::chrono::microseconds took);
  void served_certificate(StreamKind kind, std::string_view key_type);
  void stanza_rejected(StreamKind kind, policy::Reason reason);  // guard, during relay
  void bytes(StreamKind kind, bool toward_backend, std::uint64_t count);
  void dial_attempt(bool ok);
  void dns_query(bool ok, std::chrono::microseconds took);
  void backend_connection(StreamKind kind, bool ok);
  enum class Limit : std::uint8_t { kConnections, kConnectionsPerAddress, kDescriptors };
  void limit_hit(Limit limit);
  // local domains only
  void certificate_expiry(std::string_view domain, std::string_view key_type,
                          std::chrono::sys_seconds not_after);
  // One per decision, that is for each pair of domains on a stream; without a reason: accepted with
  // nothing to say. portcullis_verdicts_total{kind,verdict,reason="...|none"}: every series exists
  // at 0.
  void verdict(StreamKind kind, policy::Verdict verdict, std::optional<policy::Reason> reason);
  // portcullis_rule_verdicts_total{rule,verdict,reason}: `rule` is a pattern the operator wrote.
  void rule_verdict(std::string_view rule, policy::Verdict verdict,
                    std::optional<policy::Reason> reason);
  // portcullis_exception_until_timestamp_seconds{domain}: domains the operator wrote.
  void exception_until(std::string_view domain, std::chrono::sys_seconds until);
  // portcullis_crl_next_update_timestamp_seconds{file}
  void crl_next_update(std::string_view file, std::chrono::sys_seconds next_update);
  // portcullis_policy_mode{mode}: 1 for the one of [policy].
  void policy_mode(policy::Mode mode);
  // portcullis_config_reloads_total{outcome}, portcullis_policy_reload_failed,
  // portcullis_config_generation, portcullis_config_last_reload_timestamp_seconds
  void reloaded(bool ok, std::uint64_t generation, std::chrono::sys_seconds at);
  // Forgets what the last configuration said of certificates, exceptions and lists.
  void forget_configuration();
  void build_info(std::string_view version, std::string_view openssl);

  // Prometheus text exposition format 0.0.4, process_* metrics included.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::telemetry
