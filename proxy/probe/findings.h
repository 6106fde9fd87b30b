#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "policy/decide/peer_route.h"
#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/key_type.h"
#include "proxy/base/stream_kind.h"
#include "proxy/examine/findings.h"
#include "proxy/net/domain_records.h"
#include "proxy/net/domain_survey.h"
#include "proxy/net/socket_address.h"

namespace portcullis::probe {

// About whom, and as whom.
struct Subject {
  DomainName domain;
  StreamKind kind = StreamKind::kS2sOutbound;  // kC2s: its servers for clients
  std::optional<DomainName> from = {};         // between servers: the domain of ours
  bool shows_certificate = false;              // ours is shown, and EXTERNAL is tried with it
};

struct Plan {
  Subject subject;
  policy::PeerRoute route;
  net::SurveyQuestion survey;              // used where the route is by DNS
  std::chrono::milliseconds time{10'000};  // for one connection; all together have four times that
};

// What was found at one address.
struct Address {
  net::SocketAddress address;  // of the server, or of the proxy
  DomainName host;             // the target of the SRV record, or the domain itself
  TlsEntry entry = TlsEntry::kStartTls;
  bool by_proxy = false;
  std::optional<policy::Refusal> not_called = {};  // the rules of this gate say no
  // With the certificate that it prefers to show; empty: it was not examined any more.
  std::optional<examine::Findings> seen = {};
  // Once more with a certificate of the other kind asked for. It has such a one if the handshake
  // succeeded and the kind is right.
  struct Other {
    KeyType asked = KeyType::kEcdsa;
    examine::Findings seen;
    const certs::PresentedChain* chain() const;  // nullptr: it has none of that kind
  };
  std::vector<Other> others = {};
};

struct Findings {
  std::optional<net::DomainRecords> records = {};  // empty: nothing was looked up
  std::optional<policy::Refusal> refusal = {};     // nobody may be called at all
  std::vector<Address> addresses = {};
  std::size_t left_out = 0;  // addresses beyond the most that are examined
};

}  // namespace portcullis::probe
