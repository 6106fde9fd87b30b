#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/decide/gate.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// The one account of a bridge: what log and metrics are told about it. Exactly one decision line
// (accepted, rejected, would_reject or excepted) for each pair of domains, and one end line if it
// was established.
class StreamRecord {
 public:
  StreamRecord(telemetry::Metrics& metrics, telemetry::Log& log, std::uint64_t id, StreamKind kind,
               TlsEntry entry, std::chrono::milliseconds now);

  void set_peer(std::string address) { peer_ = std::move(address); }
  void set_pair(std::string from, std::string to);
  void set_tls(TlsVersion version) { tls_ = version; }

  // The pattern of the rule that holds for the remote domain; empty: none does.
  void set_rule(std::string pattern) { rule_ = std::move(pattern); }

  // What else was found wrong, for the line of a refusal.
  void note_also(std::vector<policy::Refusal> further) { further_ = std::move(further); }

  void refused(const policy::Refusal& refusal);
  // With what was let pass, if anything was.
  void established(const policy::Decision& decision);
  // Another pair of domains on an observed stream (XEP-0220 section 2.3), let through likewise.
  void also_observed(const DomainName& from, const DomainName& to, std::string_view rule,
                     const policy::Decision& decision);
  void count(bool toward_backend, std::uint64_t bytes);
  // The first call names how an established stream ended; later ones are echoes of it.
  void ending(telemetry::Metrics::End end, std::string why);
  void gone(std::chrono::milliseconds now);

  std::uint64_t id() const { return id_; }
  StreamKind kind() const { return kind_; }
  TlsEntry entry() const { return entry_; }
  bool is_established() const { return established_; }
  telemetry::Metrics& metrics() { return metrics_; }
  telemetry::Log& log() { return log_; }

 private:
  struct Pair {
    std::string_view from;
    std::string_view to;
    std::string_view rule;
  };
  Pair own_pair() const { return {from_, to_, rule_}; }
  void decide(const Pair& pair, const policy::Decision& decision);
  void log_decision(const Pair& pair, const policy::Decision& decision);
  void count_verdict(std::string_view rule, const policy::Decision& decision);

  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  const std::uint64_t id_;
  const StreamKind kind_;
  const TlsEntry entry_;
  const std::chrono::milliseconds started_;
  std::string peer_;
  std::string from_;
  std::string to_;
  std::optional<TlsVersion> tls_;
  std::string rule_;
  std::vector<policy::Refusal> further_;
  std::optional<telemetry::Metrics::End> end_;
  std::string why_;
  std::uint64_t to_backend_bytes_ = 0;
  std::uint64_t to_wan_bytes_ = 0;
  bool decided_ = false;
  bool established_ = false;
};

}  // namespace portcullis::relay
