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
  log_decision("reject", policy::id(refusal.reason), refusal.text);
}

void StreamRecord::established() {
  if (decided_) return;
  decided_ = true;
  established_ = true;
  metrics_.established(kind_);
  log_decision("accept", {}, {});
}

void StreamRecord::log_decision(std::string_view verdict, std::string_view reason,
                                std::string_view detail) {
  log_.write(telemetry::Severity::kNotice, "decision",
             {{"kind", name(kind_)},
              {"id", static_cast<std::int64_t>(id_)},
              {"peer", peer_},
              {"from", from_},
              {"to", to_},
              {"entry", name(entry_)},
              {"tls", tls_},
              {"verdict", verdict},
              {"reason", reason},
              {"detail", detail}});
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
