#include "proxy/relay/far_record.h"

#include <utility>

#include "proxy/base/log_words.h"

namespace portcullis::relay {

using telemetry::Severity;

FarRecord::FarRecord(const Books& books, const StreamPlan& plan, std::string id)
    : metrics_(books.metrics),
      log_(books.log),
      backends_(books.backends),
      clock_(books.clock),
      plan_(&plan),
      id_(std::move(id)) {}

void FarRecord::looked_up(bool found, std::chrono::milliseconds took) {
  metrics_.connections.dns_query(telemetry::outcome_of(found), took);
}

void FarRecord::not_found(const DomainName& host, std::string_view detail) {
  backends_.suspect(host, plan_->kind);
  write_backend(host, {.phase = name(DialPhase::kLookUp)},
                {policy::Reason::kBackendUnavailable, std::string(detail)});
}

void FarRecord::not_the_backend(const DomainName& host, const net::SocketAddress& peer,
                                const policy::Refusal& refusal) {
  write_backend(host, {.peer = peer.text()}, refusal);
}

void FarRecord::shares_certificate(const DomainName& host, const net::SocketAddress& address,
                                   const std::optional<policy::Refusal>& difference) {
  metrics_.connections.shared_certificate(telemetry::outcome_of(!difference));
  if (difference) remark(host, address, *difference);
}

void FarRecord::remark(const DomainName& host, const net::SocketAddress& address,
                       const policy::Refusal& about) {
  write_backend(host, {.address = address.text()}, about, Severity::kWarning);
}

// If the backend cannot be reached, the operator must act, so that is logged as an error.
void FarRecord::write_backend(const DomainName& host, const Where& where,
                              const policy::Refusal& refusal, Severity severity) {
  const auto kind = name(plan_->kind);
  const auto reason = policy::id(refusal.reason);
  const auto times = backends_.lines().happened(
      host.a_label() + " " + std::string(kind) + " " + std::string(reason), clock_.now());
  if (times == 0) return;
  const auto detail = policy::at_home(refusal, {.kind = plan_->kind, .local = host.a_label()});
  log_.write(severity, log_event::kBackend,
             {{log_field::kKind, kind},
              {log_field::kId, id_},
              {log_field::kHost, host.a_label()},
              {log_field::kPeer, where.peer},
              {log_field::kAddress, where.address},
              {log_field::kPhase, where.phase},
              {log_field::kReason, reason},
              {log_field::kRepeated, times > 1 ? std::to_string(times) : std::string()},
              {log_field::kDetail, detail}});
}

void FarRecord::not_called(const DomainName& wanted, const net::SocketAddress& address,
                           const policy::Refusal& refusal) {
  metrics_.connections.address_refused(plan_->kind);
  write_failure(wanted, {.address = address.text()}, refusal);
}

void FarRecord::failed(const DomainName& wanted, const net::SocketAddress& address,
                       const DialFailure& failure) {
  const auto& refusal = failure.refusal;
  // Nobody was called then, so it says nothing about the backend or the peer.
  const bool called = refusal.reason != policy::Reason::kOutOfDescriptors;
  if (called) count(false);
  if (!called && !plan_->calls_peer()) return;  // event=limit says it
  if (!plan_->calls_peer()) note_backend(wanted, refusal.reason);
  write_failure(wanted, {.address = address.text(), .phase = name(failure.phase)}, refusal);
}

void FarRecord::ended(const policy::Config& config, const DomainName& local,
                      const policy::Refusal& refusal) {
  if (refusal.reason != policy::Reason::kBackendTooStrict) return;
  const auto* const host = config.host_for(local);
  const auto& domain = host == nullptr ? local : host->domain;
  backends_.too_strict(domain, policy::printable(refusal.text, 512), clock_.now());
  write_backend(domain, {}, refusal, Severity::kWarning);
}

// If a peer cannot be reached, that is the peer's or the network's problem. The proxy to it is the
// operator's.
void FarRecord::write_failure(const DomainName& wanted, const Where& where,
                              const policy::Refusal& refusal) {
  if (!plan_->calls_peer()) return write_backend(wanted, where, refusal);
  const auto detail = policy::at_home(refusal, {.kind = plan_->kind, .remote = wanted.a_label()});
  const bool is_ours = refusal.reason == policy::Reason::kSocksProxyFailed;
  log_.write(is_ours ? Severity::kWarning : Severity::kInfo, log_event::kDial,
             {{log_field::kKind, name(plan_->kind)},
              {log_field::kId, id_},
              {log_field::kHost, wanted.a_label()},
              {log_field::kAddress, where.address},
              {log_field::kPhase, where.phase},
              {log_field::kReason, policy::id(refusal.reason)},
              {log_field::kDetail, detail}});
}

void FarRecord::reached(const DomainName& wanted) {
  count(true);
  if (!plan_->calls_peer()) backends_.answered(wanted, plan_->kind, clock_.now());
}

void FarRecord::note_backend(const DomainName& host, policy::Reason reason) {
  if (reason == policy::Reason::kNotTheBackend)
    backends_.impostor(host, plan_->kind, clock_.now());
  else if (reason == policy::Reason::kBackendUnavailable)
    backends_.suspect(host, plan_->kind);
  else
    backends_.answered(host, plan_->kind, clock_.now());
}

void FarRecord::count(bool ok) {
  if (plan_->calls_peer())
    metrics_.connections.dial_attempt(telemetry::outcome_of(ok));
  else
    metrics_.connections.backend_connection(plan_->kind, telemetry::outcome_of(ok));
}

}  // namespace portcullis::relay
