#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/decide/verdict.h"
#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/base/key_type.h"
#include "proxy/base/stream_kind.h"
#include "proxy/status/stream_row.h"

namespace portcullis::status {

// What is known of the running program at one moment: plain values, gathered by proxy/app. All text
// of others is printable, and its length is bounded.

// A domain with its own light.
struct HostRow {
  std::string domain;
  std::vector<std::string> aliases;
};

struct ListenerRow {
  std::string address;  // "[::]:5269"
  StreamKind kind = StreamKind::kS2sInbound;
  TlsEntry entry = TlsEntry::kStartTls;
};

struct CertificateRow {
  enum class Use : std::uint8_t { kServing, kOutgoing, kLocalCa };
  std::string host;  // empty: the local CA
  std::optional<KeyType> key;
  Use use = Use::kServing;
  std::chrono::sys_seconds not_after{};
};
constexpr std::string_view name(CertificateRow::Use use) {
  switch (use) {
    case CertificateRow::Use::kServing:
      return "serving";
    case CertificateRow::Use::kOutgoing:
      return "outgoing";
    case CertificateRow::Use::kLocalCa:
      return "local_ca";
  }
  return "";
}

struct BackendRow {
  std::string host;
  StreamKind kind = StreamKind::kS2sInbound;  // or kC2s
  std::string address;
  std::optional<bool> up;  // empty: not known yet
  bool impostor = false;   // something answers there that is not the backend
  std::optional<std::chrono::sys_seconds> since;
};

// Observe mode let a stream through, and the backend refused it by its own settings.
struct StrictBackend {
  std::string host;
  std::string said;
  std::chrono::sys_seconds at{};
};

struct RuleMode {
  std::string pattern;
  policy::Mode mode = policy::Mode::kEnforce;
};

struct ExceptionRow {
  std::string domain;
  std::chrono::sys_seconds until{};  // its last second
};

struct Reload {
  std::chrono::sys_seconds at{};
  std::string trigger;  // "signal", "control", "files"
  bool ok = false;
  std::string detail;
};

// How the backend's own streams come here, and whether they seem to.
struct CaptureState {
  policy::Capture how = policy::Capture::kNone;
  bool looked_up = false;           // kDns: somebody has looked for a server here
  std::size_t around_the_gate = 0;  // connections of other users to servers elsewhere, just now
  std::string whose;                // of one of them
};

// Most connections seem to come from one address.
struct BusiestAddress {
  std::string address;
  std::size_t connections = 0;
  std::size_t all = 0;
  std::size_t limit = 0;
};

struct RefusalRow {
  StreamKind kind = StreamKind::kS2sInbound;
  policy::Verdict verdict = policy::Verdict::kRejected;
  policy::Reason reason = policy::Reason::kInternalError;
  std::string from;
  std::string to;
  std::string peer;
  std::string rule;
  std::string detail;
  std::chrono::sys_seconds at{};
  std::uint64_t times = 1;
};

// The steps of a domain or a stream are logged.
struct TraceRow {
  std::string target;
  std::chrono::sys_seconds until{};
};

struct Overview {
  std::string version;
  std::chrono::sys_seconds now{};
  std::chrono::sys_seconds started{};
  policy::Mode mode = policy::Mode::kEnforce;
  std::optional<policy::Mode> c2s_mode;  // empty: there are no clients
  std::vector<RuleMode> other_modes;     // rules that differ from `mode`
  std::vector<HostRow> hosts;
  std::vector<ListenerRow> listeners;
  std::vector<CertificateRow> certificates;
  std::vector<std::string> not_for_clients;  // hosts whose certificate is for TLS servers only
  std::vector<BackendRow> backends;
  std::vector<StrictBackend> strict;
  std::vector<ExceptionRow> exceptions;
  std::uint64_t generation = 0;
  std::optional<Reload> last_reload;
  bool key_is_held = true;  // the process with the local CA's key runs
  std::string draining;     // what its end has come to; empty: it serves
  std::string clock_doubt;  // why the local clock is suspect; empty: it is not
  CaptureState capture;
  std::optional<BusiestAddress> busiest;
  std::vector<StreamCount> streams;
  std::vector<RefusalRow> refusals;  // the newest first
  std::vector<TraceRow> traces;
  std::size_t loops = 0;
  std::size_t silent_loops = 0;  // that did not answer in time
};

}  // namespace portcullis::status
