#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"
#include "proxy/net/dns_signed.h"
#include "proxy/net/resolver.h"
#include "proxy/net/socket_address.h"
#include "proxy/net/srv_rdata.h"
#include "proxy/net/tlsa_rdata.h"

namespace portcullis::net {

// Everything that DNS says about where the XMPP servers of one domain are, for people.

// What became of one question.
struct Asked {
  std::string name;     // "_xmpp-server._tcp.a.example"
  std::string status;   // "records", "NXDOMAIN", "no records", "SERVFAIL", "no answer", ...
  bool failed = false;  // nobody could tell
  DnsSigned is_signed = {};
};

struct ServiceRecords {
  TlsEntry entry = TlsEntry::kStartTls;
  Asked asked;
  std::vector<SrvRecord> records;  // the target is absent for "."
  std::size_t unreadable = 0;      // records that break the rules
};

struct TargetRecords {
  DomainName host;
  std::uint16_t port = 0;
  TlsEntry entry = TlsEntry::kStartTls;
  std::vector<SocketAddress> addresses;  // IPv6 and IPv4 in turn
  Asked v6;
  Asked v4;
  // Looked up only where the way to it is signed; else `tlsa_asked` has no name.
  Asked tlsa_asked = {};
  std::vector<TlsaRecord> tlsa = {};
};

struct DomainRecords {
  std::vector<ServiceRecords> services;
  // In the order in which a stream would try them. With FoundBy::kFallback it is the domain itself.
  std::vector<TargetRecords> targets;
  FoundBy found_by = FoundBy::kSrv;
  // Why there are no targets, or why the fallback is in doubt; empty: there is nothing to say.
  std::optional<policy::Refusal> refusal = {};
};

// Whose servers are looked for: which labels stand in front of the domain.
enum class Clientele : std::uint8_t { kServers, kClients };

}  // namespace portcullis::net
