#include "proxy/relay/far_record.h"

#include <utility>

namespace portcullis::relay {

using telemetry::Severity;

FarRecord::FarRecord(telemetry::Metrics& metrics, telemetry::Log& log, const StreamPlan& plan,
                     std::string id)
    : metrics_(metrics), log_(log), plan_(plan), id_(std::move(id)) {}

void FarRecord::looked_up(bool found, std::chrono::milliseconds took) {
  metrics_.connections.dns_query(telemetry::outcome_of(found), took);
}

void FarRecord::not_found(const DomainName& host, std::string_view detail) {
  log_.write(Severity::kError, "backend",
             {{"kind", name(plan_.kind)}, {"id", id_}, {"host", host.text()}, {"detail", detail}});
}

void FarRecord::not_the_backend(const DomainName& host, const net::SocketAddress& peer,
                                const policy::Refusal& refusal) {
  log_.write(Severity::kError, "backend",
             {{"kind", name(plan_.kind)},
              {"id", id_},
              {"host", host.text()},
              {"peer", peer.text()},
              {"detail", refusal.text}});
}

// That a peer could not be reached is the peer's affair or the network's; that the backend could
// not is the operator's.
void FarRecord::failed(const DomainName& wanted, const net::SocketAddress& address,
                       const policy::Refusal& refusal) {
  count(false);
  log_.write(plan_.calls_peer() ? Severity::kInfo : Severity::kError,
             plan_.calls_peer() ? "dial" : "backend",
             {{"kind", name(plan_.kind)},
              {"id", id_},
              {"host", wanted.text()},
              {"address", address.text()},
              {"reason", policy::id(refusal.reason)},
              {"detail", refusal.text}});
}

void FarRecord::reached() {
  count(true);
}

void FarRecord::count(bool ok) {
  if (plan_.calls_peer())
    metrics_.connections.dial_attempt(telemetry::outcome_of(ok));
  else
    metrics_.connections.backend_connection(plan_.kind, telemetry::outcome_of(ok));
}

}  // namespace portcullis::relay
