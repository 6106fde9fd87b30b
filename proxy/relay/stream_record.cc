#include "proxy/relay/stream_record.h"

namespace portcullis::relay {
namespace {

using telemetry::Metrics;

std::string_view word(Metrics::End end) {
  switch (end) {
    case Metrics::End::kPeer:
      return "peer";
    case Metrics::End::kBackend:
      return "backend";
    case Metrics::End::kIdle:
      return "idle";
    case Metrics::End::kDrain:
      return "drain";
    case Metrics::End::kError:
      return "error";
  }
  return "";
}

std::string ids_of(const std::vector<policy::Refusal>& refusals) {
  std::string ids;
  for (const auto& refusal : refusals) {
    if (!ids.empty()) ids += ' ';
    ids += policy::id(refusal.reason);
  }
  return ids;
}

}  // namespace

StreamRecord::StreamRecord(Metrics& metrics, telemetry::Log& log, std::uint64_t id, StreamKind kind,
                           TlsEntry entry, std::chrono::milliseconds now)
    : metrics_(metrics), log_(log), id_(id), kind_(kind), entry_(entry), started_(now) {
  metrics_.accepted(kind_, entry_);
}

void StreamRecord::set_pair(std::string from, std::string to) {
  from_ = std::move(from);
  to_ = std::move(to);
}

void StreamRecord::refused(const policy::Refusal& refusal) {
  if (decided_) return;
  decided_ = true;
  metrics_.rejected(kind_, refusal.reason);
  const policy::Decision decision{policy::Verdict::kRejected, refusal, std::move(further_)};
  decide(own_pair(), decision);
}

void StreamRecord::established(const policy::Decision& decision) {
  if (decided_) return;
  decided_ = true;
  established_ = true;
  metrics_.established(kind_);
  decide(own_pair(), decision);
}

void StreamRecord::also_observed(const DomainName& from, const DomainName& to,
                                 std::string_view rule, const policy::Decision& decision) {
  decide({from.text(), to.text(), rule}, decision);
}

void StreamRecord::decide(const Pair& pair, const policy::Decision& decision) {
  count_verdict(pair.rule, decision);
  log_decision(pair, decision);
}

void StreamRecord::count_verdict(std::string_view rule, const policy::Decision& decision) {
  std::optional<policy::Reason> reason;
  if (decision.refusal) reason = decision.refusal->reason;
  metrics_.verdict(kind_, decision.verdict, reason);
  if (!rule.empty()) metrics_.rule_verdict(rule, decision.verdict, reason);
}

void StreamRecord::log_decision(const Pair& pair, const policy::Decision& decision) {
  const auto& refusal = decision.refusal;
  const std::string also = ids_of(decision.further);
  log_.write(telemetry::Severity::kNotice, "decision",
             {{"kind", name(kind_)},
              {"id", static_cast<std::int64_t>(id_)},
              {"peer", peer_},
              {"from", pair.from},
              {"to", pair.to},
              {"entry", name(entry_)},
              {"tls", tls_ ? name(*tls_) : std::string_view()},
              {"verdict", policy::name(decision.verdict)},
              {"reason", refusal ? policy::id(refusal->reason) : std::string_view()},
              {"rule", pair.rule},
              {"also", also},
              {"detail", refusal ? std::string_view(refusal->text) : std::string_view()}});
}

void StreamRecord::count(bool toward_backend, std::uint64_t bytes) {
  (toward_backend ? to_backend_bytes_ : to_wan_bytes_) += bytes;
  metrics_.bytes(kind_, toward_backend, bytes);
}

void StreamRecord::ending(Metrics::End end, std::string why) {
  if (end_) return;
  end_ = end;
  why_ = std::move(why);
}

void StreamRecord::gone(std::chrono::milliseconds now) {
  if (decided_ && !established_) return;
  const auto end = end_.value_or(Metrics::End::kError);
  metrics_.closed(kind_, end,
                  established_ ? Metrics::Phase::kRelaying : Metrics::Phase::kNegotiating);
  log_.write(telemetry::Severity::kInfo, "end",
             {{"kind", name(kind_)},
              {"id", static_cast<std::int64_t>(id_)},
              {"peer", peer_},
              {"from", from_},
              {"to", to_},
              {"end", word(end)},
              {"why", why_},
              {"duration_s", static_cast<std::int64_t>((now - started_).count() / 1000)},
              {"in_bytes", static_cast<std::int64_t>(to_backend_bytes_)},
              {"out_bytes", static_cast<std::int64_t>(to_wan_bytes_)}});
}

}  // namespace portcullis::relay
