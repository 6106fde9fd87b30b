#include "proxy/app/address_watch.h"

#include <string>
#include <utility>

#include "proxy/base/log_words.h"

namespace portcullis::app {

AddressWatch::AddressWatch(net::Loop& loop, Timing timing,
                           std::shared_ptr<const relay::ConnectionLimits> limits,
                           telemetry::Metrics& metrics, telemetry::Log& log)
    : loop_(loop),
      timing_(timing),
      limits_(std::move(limits)),
      metrics_(metrics),
      log_(log),
      timer_(loop, [this] { look(); }) {
  timer_.start(timing_.look);
}

void AddressWatch::look() {
  timer_.start(timing_.look);
  const auto busiest = limits_->busiest();
  metrics_.streams.busiest_address(busiest.connections);
  const bool is_most = 2 * busiest.connections > busiest.all;
  const bool is_near_limit = 2 * busiest.connections >= busiest.limit;
  found_.reset();
  if (busiest.connections == 0 || !is_most || !is_near_limit) return;
  found_ = busiest;
  if (warned_ && loop_.now() - *warned_ < timing_.between_warnings) return;
  warned_ = loop_.now();
  log_.write(
      telemetry::Severity::kWarning, log_event::kLimits,
      {{log_field::kAddress, busiest.address},
       {log_field::kDetail,
        std::to_string(busiest.connections) + " of " + std::to_string(busiest.all) +
            " connections come from one address, which may have " + std::to_string(busiest.limit) +
            " (limits.connections_per_address). If many peers or clients share it, as behind "
            "Docker's port forwarding, an onion service or a balancer, put it into "
            "limits.exempt, or have the balancer send a PROXY header"}});
}

}  // namespace portcullis::app
