#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "policy/reason.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::telemetry {

// Every metric of the program, declared in one list (metrics.cc). Children exist from the start,
// at 0. Peers' domains, addresses and JIDs are never labels. Thread-safe.
//
// Per kind: accepted = rejected + closed + active. accepted() is called when a connection is
// taken; then exactly one of rejected() or closed() ends it. established() is in between and does
// not count into the equation.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  enum class Phase : std::uint8_t { kNegotiating, kRelaying };
  enum class End : std::uint8_t { kPeer, kBackend, kIdle, kDrain, kError };

  void accepted(StreamKind kind, TlsEntry entry);         // + active{negotiating}
  void rejected(StreamKind kind, policy::Reason reason);  // - active{negotiating}
  void established(StreamKind kind);                      // negotiating -> relaying
  void closed(StreamKind kind, End end, Phase phase);     // - active{phase}
  void handshake(StreamKind kind, std::string_view version, bool ok,
                 std::chrono::microseconds took);
  void served_certificate(StreamKind kind, std::string_view key_type);
  void stanza_rejected(StreamKind kind, policy::Reason reason);  // guard, during relay
  void bytes(StreamKind kind, bool toward_backend, std::uint64_t count);
  void dial_attempt(bool ok);
  void dns_query(bool ok, std::chrono::microseconds took);
  void backend_connection(StreamKind kind, bool ok);
  enum class Limit : std::uint8_t { kConnections, kConnectionsPerAddress, kDescriptors };
  void limit_hit(Limit limit);
  // local domains only
  void certificate_expiry(std::string_view domain, std::string_view key_type,
                          std::chrono::sys_seconds not_after);
  void build_info(std::string_view version, std::string_view openssl);

  // Prometheus text exposition format 0.0.4, process_* metrics included.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::telemetry
