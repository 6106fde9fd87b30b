#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/decide/gate.h"
#include "proxy/base/authentication.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/relay/delivery_ledger.h"
#include "proxy/session/event.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/log_queue.h"
#include "proxy/telemetry/metrics.h"

// The lines that the log has about one stream.
namespace portcullis::relay {

// By what the peer is known on its connection. Empty before TLS.
struct Shown {
  std::optional<TlsVersion> tls = {};
  std::string cipher = {};
  std::string fingerprint = {};  // of its certificate; empty: it has shown none
  std::string pin = {};          // of its key
};

struct StreamFacts {
  StreamKind kind;
  std::optional<TlsEntry> entry;  // of the peer's connection; empty while it is not reached
  std::string id;
  std::string peer;  // its address
  std::string from;  // as the stream header says
  std::string to;
  Shown shown;
  std::string rule;             // the pattern of the rule for the remote domain; empty if none
  std::string_view auth = {};   // how the peer knows us, if not by our certificate
  std::string_view found = {};  // by what the address was found of a peer that was reached
  std::string_view phase = {};  // in which the way to the far end failed
  std::chrono::milliseconds started{0};
  TlsEntry near_entry = TlsEntry::kStartTls;
  bool established = false;
  bool ending = false;                     // its end has begun
  std::optional<Authentication> how = {};  // of an established stream: how the other side is known
  std::string host = {};                   // the same: the domain of our host
};

// A pair of domains on a stream, with the rule that applies to the remote one.
struct StreamNames {
  std::string_view from;
  std::string_view to;
  std::string_view rule;
};

struct StreamEnd {
  telemetry::End by;
  std::string_view why;
  std::chrono::milliseconds duration;
  std::uint64_t to_backend_bytes;  // that have arrived
  std::uint64_t to_wan_bytes;
  Amount undelivered = {};
  std::uint64_t bounced = 0;  // stanzas of it
  bool silent = false;        // it never said anything
};

// Strangers can cause as many refusals as they like; so when the log is not read, those go before
// other decisions. A refusal that blames this installation stays: the operator has to know of it.
telemetry::LogRank rank_of_decision(StreamKind kind, const policy::Decision& decision);
void write_decision(telemetry::Log& log, const StreamFacts& facts, const StreamNames& names,
                    const policy::Decision& decision);
void write_end(telemetry::Log& log, const StreamFacts& facts, const StreamEnd& end);
// Written only for who wants steps (StreamRecord): it shows how a negotiation went. Elements are
// written without their text, because that may be a password.
void write_step(telemetry::Log& log, const StreamFacts& facts, Side side,
                const session::Event& event, std::string_view state);

}  // namespace portcullis::relay
