#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "proxy/base/scheduler.h"
#include "proxy/relay/leg_end.h"
#include "proxy/telemetry/limit_hits.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// What a stream that tells errors costs, in the metrics that are not about streams of others. It
// is no stream in the account of accepted, refused and closed ones, because nobody opened it to us.
class ErrorStreamBooks final : public LegAccount, public LegBudget, public LegReturns {
 public:
  // All references must outlive this.
  ErrorStreamBooks(telemetry::Metrics& metrics, telemetry::LimitHits& hits, const Scheduler& clock,
                   StreamKind kind)
      : metrics_(metrics), hits_(hits), clock_(clock), kind_(kind) {}

  void on_secured(const LegEnd& end, std::chrono::milliseconds took) override {
    if (end.side() == Side::kWan)
      metrics_.connections.handshake_done(kind_, end.transport().tls_facts().version, took);
  }
  void on_tls_failed(const LegEnd& end) override {
    if (end.side() == Side::kWan) metrics_.connections.handshake_failed(kind_);
  }
  void on_header(const LegEnd& /*end*/, const xmpp::StreamHeader& /*header*/) override {}
  void on_guard_fault(const LegEnd& /*end*/, policy::Reason /*reason*/) override {}
  void on_refused(const LegEnd& /*end*/, const policy::Refusal& /*refusal*/) override {}
  bool wants_steps() const override { return false; }
  void on_step(const LegEnd& /*end*/, const session::Event& /*event*/,
               std::string_view /*state*/) override {}

  // An error is not answered.
  void on_heard(const LegEnd& /*end*/, const policy::Refusal& /*told*/) override {}
  void on_managed() override {}
  bool managed() const override { return false; }
  void on_undelivered(const LegEnd& /*end*/) override {}
  void on_takes_no_more(const LegEnd& /*end*/) override {}

  std::optional<policy::Refusal> on_open(LegEnd& /*end*/) override { return std::nullopt; }
  void on_held(const LegEnd& /*end*/, std::size_t /*came*/, std::size_t /*held*/) override {}
  void on_unfinished(LegEnd& /*end*/, std::size_t /*held*/) override {}
  void on_queue(const LegEnd& /*end*/) override {}
  // We called the other end, and it took no place of a stranger.
  void charge(const LegEnd& /*end*/, double /*connections*/) override {}
  void on_limit(const LegEnd& end, telemetry::Limit limit) override {
    hits_.hit(limit, {end.transport().peer().text(), {}, kind_}, clock_.now());
  }

 private:
  telemetry::Metrics& metrics_;
  telemetry::LimitHits& hits_;
  const Scheduler& clock_;
  const StreamKind kind_;
};

}  // namespace portcullis::relay
