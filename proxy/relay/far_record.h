#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/base/scheduler.h"
#include "proxy/net/socket_address.h"
#include "proxy/relay/backend_health.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// The account of how the far end of a bridge was found and reached.
class FarRecord {
 public:
  struct Books {
    telemetry::Metrics& metrics;
    telemetry::Log& log;
    BackendHealth& backends;
    const Scheduler& clock;
  };
  // `id` as in StreamRecord. All references must outlive this.
  FarRecord(const Books& books, const StreamPlan& plan, std::string id);

  // The far end is reached by this plan, where that is not the stream's own (FarPlan).
  void reaches(const StreamPlan& plan) { plan_ = &plan; }
  // The search for a peer's server has ended.
  void looked_up(bool found, std::chrono::milliseconds took);
  // The backend's name has no address.
  void not_found(const DomainName& host, std::string_view detail);
  // The program that answers at the backend's address, or that connects to us in its name, is not
  // the backend.
  void not_the_backend(const DomainName& host, const net::SocketAddress& peer,
                       const policy::Refusal& refusal);
  // The backend's certificate was looked at, because clients may bind their logins to it: whether
  // it is the one that this client was served, and if not, what is wrong with it.
  void shares_certificate(const DomainName& host, const net::SocketAddress& address,
                          const std::optional<policy::Refusal>& difference);
  // The stream goes on, but something of the backend's settings is not as it should be.
  void remark(const DomainName& host, const net::SocketAddress& address,
              const policy::Refusal& about);
  // An address was found, but it may not be called. `wanted` as for reached().
  void not_called(const DomainName& wanted, const net::SocketAddress& address,
                  const policy::Refusal& refusal);
  // An established stream has ended so. Told if the backend is too strict for observe mode.
  void ended(const policy::Config& config, const DomainName& local, const policy::Refusal& refusal);
  // One attempt failed. `wanted` as for reached().
  void failed(const DomainName& wanted, const net::SocketAddress& address,
              const DialFailure& failure);
  // The far end was reached and answered: the server of this peer, or the backend of this host.
  void reached(const DomainName& wanted);

 private:
  struct Where {
    std::string peer = {};     // that called us
    std::string address = {};  // that we called
    std::string_view phase = {};
  };
  // At most one line in ten seconds of each host, kind and reason.
  void write_backend(const DomainName& host, const Where& where, const policy::Refusal& refusal,
                     telemetry::Severity severity = telemetry::Severity::kError);
  void write_failure(const DomainName& wanted, const Where& where, const policy::Refusal& refusal);
  void count(bool ok);
  void note_backend(const DomainName& host, policy::Reason reason);

  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  BackendHealth& backends_;
  const Scheduler& clock_;
  const StreamPlan* plan_;
  const std::string id_;
};

}  // namespace portcullis::relay
