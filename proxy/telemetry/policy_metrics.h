#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "policy/decide/gate.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::telemetry {

// Private to proxy/telemetry. A gauge whose children follow the configuration: set while one is
// taken, forgotten when the next one is. Thread-safe.
class ConfiguredGauge {
 public:
  explicit ConfiguredGauge(prometheus::Family<prometheus::Gauge>& family) : family_(family) {}

  void set(const prometheus::Labels& labels, double value);
  void forget();

 private:
  prometheus::Family<prometheus::Gauge>& family_;
  std::mutex mutex_;
  std::unordered_set<prometheus::Gauge*> children_;  // owned by family_
};

// What the policy decided, and which configuration it decided by. The contract of each function is
// that of its namesake in Metrics.
class PolicyMetrics {
 public:
  explicit PolicyMetrics(prometheus::Registry& registry);

  // A verdict other than kAccepted without a reason counts as internal_error; a reason beside
  // kAccepted is not counted.
  void verdict(StreamKind kind, policy::Verdict verdict, std::optional<policy::Reason> reason);
  // Beyond kMaxRules distinct names all further ones share the rule "(more)": whatever callers
  // pass, the number of series is bounded.
  void rule_verdict(std::string_view rule, policy::Verdict verdict,
                    std::optional<policy::Reason> reason);
  void exception_until(std::string_view domain, std::chrono::sys_seconds until);
  void crl_next_update(std::string_view file, std::chrono::sys_seconds next_update);
  void policy_mode(policy::Mode mode);
  void reloaded(bool ok, std::uint64_t generation, std::chrono::sys_seconds at);
  void forget_configuration();

  static constexpr std::size_t kMaxRules = 1000;

 private:
  static constexpr std::size_t kVerdictCount = 4;

  void declare_verdicts(prometheus::Registry& registry);

  prometheus::Counter* accepted_[kStreamKinds.size()] = {};
  // The row of kAccepted stays empty.
  prometheus::Counter* verdicts_[kStreamKinds.size()][kVerdictCount][policy::kReasonCount] = {};
  prometheus::Family<prometheus::Counter>& rule_verdicts_;
  std::mutex rules_mutex_;
  std::set<std::string, std::less<>> rules_;
  ConfiguredGauge exception_until_;
  ConfiguredGauge crl_next_update_;
  std::array<prometheus::Gauge*, 2> modes_{};
  std::array<prometheus::Counter*, 2> reloads_{};
  prometheus::Gauge& reload_failed_;
  prometheus::Gauge& generation_;
  prometheus::Gauge& last_reload_;
};

}  // namespace portcullis::telemetry
