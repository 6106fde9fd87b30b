#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/base/authentication.h"
#include "proxy/base/key_type.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"

namespace portcullis::status {

// One stream, as an operator sees it. All text is printable, and its length is bounded.
struct StreamRow {
  std::uint64_t number = 0;  // in the order in which they came
  std::string id;            // as in the log
  StreamKind kind = StreamKind::kS2sInbound;
  bool established = false;
  std::chrono::milliseconds age{0};
  std::chrono::milliseconds idle{0};  // since a byte moved; of an established stream
  std::string local;                  // our domain, with A-labels; empty: not said yet
  std::string remote;                 // the other one; empty on c2s
  std::string peer;                   // address and port
  std::optional<TlsEntry> entry;
  // Of the connection to the other side.
  std::optional<TlsVersion> tls;  // empty: in the clear, or not yet
  std::string cipher;
  std::string peer_key;  // "RSA 2048 bits", "ECDSA P-256"; empty: it showed no certificate
  std::optional<KeyType> served_key;   // of our certificate that it was shown
  std::optional<Authentication> auth;  // of an established stream
  std::string rule;
  std::uint64_t to_backend_bytes = 0;
  std::uint64_t to_wan_bytes = 0;
};

// Some of all streams: the newest ones.
struct StreamList {
  std::vector<StreamRow> rows;
  std::size_t matching = 0;      // how many there are of those that were asked for
  std::size_t silent_loops = 0;  // event loops that did not answer in time
};

// How many streams are alike.
struct StreamCount {
  StreamKind kind = StreamKind::kS2sInbound;
  std::string host;  // the domain of one of our hosts; empty: negotiating
  std::optional<TlsVersion> tls;
  std::optional<Authentication> auth;  // empty: negotiating
  std::size_t streams = 0;
};

}  // namespace portcullis::status
