#include "proxy/telemetry/policy_metrics.h"

#include "proxy/telemetry/label_values.h"

namespace portcullis::telemetry {
namespace {

using policy::Verdict;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Registry;

constexpr char kNoReason[] = "none";
constexpr char kFurtherRules[] = "(more)";

Family<Counter>& counters(Registry& registry, const char* metric, const char* help) {
  return prometheus::BuildCounter().Name(metric).Help(help).Register(registry);
}
Family<Gauge>& gauges(Registry& registry, const char* metric, const char* help) {
  return prometheus::BuildGauge().Name(metric).Help(help).Register(registry);
}

double unix_time(std::chrono::sys_seconds time) {
  return static_cast<double>(time.time_since_epoch().count());
}

// The reason that is counted with a verdict; nothing: "none".
std::optional<policy::Reason> counted(Verdict verdict, std::optional<policy::Reason> reason) {
  if (verdict == Verdict::kAccepted) return std::nullopt;
  return reason.value_or(policy::Reason::kInternalError);
}

std::string reason_word(std::optional<policy::Reason> reason) {
  return reason ? std::string(policy::id(*reason)) : kNoReason;
}

}  // namespace

void ConfiguredGauge::set(const prometheus::Labels& labels, double value) {
  // Held while the value is set: forget() would destroy the child in between.
  const std::lock_guard lock(mutex_);
  auto& child = family_.Add(labels);
  children_.insert(&child);
  child.Set(value);
}

void ConfiguredGauge::forget() {
  const std::lock_guard lock(mutex_);
  for (auto* child : children_) family_.Remove(child);
  children_.clear();
}

PolicyMetrics::PolicyMetrics(Registry& registry)
    : rule_verdicts_(counters(registry, "portcullis_rule_verdicts_total",
                              "Decisions about streams of domains that a rule of the "
                              "configuration matches, by the pattern that matched.")),
      exception_until_(gauges(registry, "portcullis_exception_until_timestamp_seconds",
                              "When the exception for a domain ends.")),
      crl_next_update_(gauges(registry, "portcullis_crl_next_update_timestamp_seconds",
                              "When the next issue of a revocation list is due.")),
      reload_failed_(gauges(registry, "portcullis_policy_reload_failed",
                            "1 when the last reload failed and the configuration before it is "
                            "still in force.")
                         .Add({})),
      generation_(gauges(registry, "portcullis_config_generation",
                         "Number of the configuration in force; the first is 1.")
                      .Add({})),
      last_reload_(gauges(registry, "portcullis_config_last_reload_timestamp_seconds",
                          "When the configuration in force was taken.")
                       .Add({})) {
  declare_verdicts(registry);
  auto& modes = gauges(registry, "portcullis_policy_mode",
                       "1 for the mode of domains that no rule gives another one.");
  modes_[index(policy::Mode::kObserve)] = &modes.Add({{"mode", "observe"}});
  modes_[index(policy::Mode::kEnforce)] = &modes.Add({{"mode", "enforce"}});
  auto& reloads = counters(registry, "portcullis_config_reloads_total",
                           "Configurations taken or turned down since the start.");
  for (std::size_t ok = 0; ok < kOutcomes.size(); ++ok)
    reloads_[ok] = &reloads.Add({{"outcome", std::string(kOutcomes[ok])}});
  generation_.Set(1);
  last_reload_.SetToCurrentTime();
}

void PolicyMetrics::declare_verdicts(Registry& registry) {
  auto& family = counters(registry, "portcullis_verdicts_total",
                          "Decisions about streams, by what was decided and why.");
  const auto child = [&family](StreamKind kind, Verdict verdict,
                               std::optional<policy::Reason> reason) {
    return &family.Add({{"kind", std::string(name(kind))},
                        {"verdict", std::string(policy::name(verdict))},
                        {"reason", reason_word(reason)}});
  };
  for (const StreamKind kind : kStreamKinds) {
    accepted_[index(kind)] = child(kind, Verdict::kAccepted, std::nullopt);
    for (const Verdict verdict : {Verdict::kRejected, Verdict::kWouldReject, Verdict::kExcepted})
      for (std::size_t i = 0; i < policy::kReasonCount; ++i)
        verdicts_[index(kind)][index(verdict)][i] = child(kind, verdict, policy::reason_at(i));
  }
}

void PolicyMetrics::verdict(StreamKind kind, Verdict verdict,
                            std::optional<policy::Reason> reason) {
  const auto why = counted(verdict, reason);
  auto* counter =
      why ? verdicts_[index(kind)][index(verdict)][index(*why)] : accepted_[index(kind)];
  counter->Increment();
}

void PolicyMetrics::rule_verdict(std::string_view rule, Verdict verdict,
                                 std::optional<policy::Reason> reason) {
  std::string label(rule);
  {
    const std::lock_guard lock(rules_mutex_);
    if (!rules_.contains(rule)) {
      if (rules_.size() < kMaxRules)
        rules_.emplace(rule);
      else
        label = kFurtherRules;
    }
  }
  rule_verdicts_
      .Add({{"rule", label},
            {"verdict", std::string(policy::name(verdict))},
            {"reason", reason_word(counted(verdict, reason))}})
      .Increment();
}

void PolicyMetrics::exception_until(std::string_view domain, std::chrono::sys_seconds until) {
  exception_until_.set({{"domain", std::string(domain)}}, unix_time(until));
}

void PolicyMetrics::crl_next_update(std::string_view file, std::chrono::sys_seconds next_update) {
  crl_next_update_.set({{"file", std::string(file)}}, unix_time(next_update));
}

void PolicyMetrics::policy_mode(policy::Mode mode) {
  for (std::size_t i = 0; i < modes_.size(); ++i) modes_[i]->Set(i == index(mode) ? 1 : 0);
}

void PolicyMetrics::reloaded(bool ok, std::uint64_t generation, std::chrono::sys_seconds at) {
  reloads_[index(ok)]->Increment();
  reload_failed_.Set(ok ? 0 : 1);
  generation_.Set(static_cast<double>(generation));
  if (ok) last_reload_.Set(unix_time(at));
}

void PolicyMetrics::forget_configuration() {
  exception_until_.forget();
  crl_next_update_.forget();
}

}  // namespace portcullis::telemetry
