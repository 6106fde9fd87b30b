#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/dns_outcome.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// What the backend is told when it looks for other servers, so that its streams come to the gate.
struct DnsCapture {
  // Where the gate accepts these streams, the first one first. At least one, none a wildcard.
  std::vector<SocketAddress> targets;
  bool forwards = false;  // what does not concern capture is asked elsewhere, and not refused
};

enum class DnsTransport : std::uint8_t { kUdp, kTcp };

struct DnsReply {
  DnsOutcome outcome = DnsOutcome::kMalformed;
  std::string message;  // empty: the query is to be forwarded, or nothing may be said
};

// The reply to a query of the backend, by these rules (RFC 6120 section 3.2, XEP-0368):
//   - SRV of _xmpp-server._tcp.NAME: the targets, for every NAME.
//   - _xmpps-server._tcp.NAME and _jabber._tcp.NAME do not exist: they would lead around the gate.
//   - A target's name is its address as text, "127.0.0.2", and has this address. ejabberd asks libc
//     for the address of a target, which would not find a name that only the gate knows.
//   - Any other name below .onion does not exist.
//   - Everything else is forwarded or refused.
// Pure.
DnsReply reply_to_query(std::string_view message, const DnsCapture& capture,
                        DnsTransport transport);

// The reply if nobody has answered the forwarded `message` (SERVFAIL).
std::string reply_for_lost(std::string_view message);

}  // namespace portcullis::net
