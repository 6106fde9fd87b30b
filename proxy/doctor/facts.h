#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/model/config.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/key_type.h"
#include "proxy/base/stream_kind.h"
#include "proxy/examine/findings.h"
#include "proxy/net/socket_address.h"

namespace portcullis::doctor {

// What was seen, as values. Text in it is printable.

struct ClockFacts {
  std::chrono::sys_seconds now{};
  std::chrono::sys_days built{};          // the day of the build
  std::optional<bool> synchronised = {};  // as the kernel says; empty: it does not tell
};

struct OwnCertificate {
  std::string path = {};    // in the configuration: "host[0]"
  std::string domain = {};  // of the host, A-labels
  std::string file = {};
  std::optional<KeyType> key_type = {};
  std::chrono::sys_seconds from{};
  std::chrono::sys_seconds until{};
  bool only_outgoing = false;
};

// The gate that runs with this configuration file.
struct RunningGate {
  pid_t process = 0;  // 0: not known
  uid_t user = 0;
  bool user_is_known = true;  // not where this user may see nothing of it but that it is there
};

// What the running gate says of its settings.
enum class Settings : std::uint8_t { kNotAsked, kSame, kOther, kUnseen };

struct LimitFacts {
  std::size_t wanted = 0;                       // descriptors, by [limits]
  std::optional<std::size_t> of_the_gate = {};  // that the running gate may open
  bool gate_runs = false;
  std::string memory_fault = {};  // the sentence where [limits] exceeds what is there; else empty
};

struct ListeningSocket {
  net::SocketAddress address = {};
  uid_t user = 0;
  std::string user_name = {};
  std::optional<pid_t> process = {};  // empty: we may not look
  std::string program = {};
};

// A listener that the configuration demands.
struct OwnListener {
  std::string path = {};  // "listen.s2s[0]"
  net::SocketAddress address = {};
  bool is_here = true;  // this machine has that address
};

struct PortFacts {
  std::vector<OwnListener> own = {};
  std::vector<ListeningSocket> listening = {};  // all TCP sockets of this network namespace
  bool is_known = true;                         // the tables could be read
  bool as_root = true;                          // root looked, who sees whose they are
};

struct CaptureFacts {
  // What the responder said of a made-up domain, for each address of outbound.dns.
  struct Answer {
    std::string path = {};
    Endpoint endpoint = {};
    std::vector<net::SocketAddress> leads_to = {};  // empty: it did not answer, see `why`
    std::string why = {};
  };
  std::vector<Answer> answers = {};
  enum class Table : std::uint8_t { kNotAsked, kRight, kMissing, kDiffers, kUnseen };
  Table table = Table::kNotAsked;
  std::string table_detail = {};

  struct Bypass {
    std::string user = {};
    std::string example = {};  // an address
    std::size_t connections = 0;
  };
  std::vector<Bypass> bypasses = {};
  bool connections_are_known = true;
};

// One service of one name of ours.
struct ServiceRecords {
  enum class Service : std::uint8_t { kServer, kServerDirect, kClient, kClientDirect };
  enum class Outcome : std::uint8_t { kRecords, kNone, kUnknown };
  struct Target {
    std::string host = {};
    std::uint16_t port = 0;
    bool is_literal = false;  // the target is no name, but an address
    bool denied = false;      // the target is "."
    bool is_known = true;     // its addresses could be looked up
    std::vector<net::SocketAddress> addresses = {};
    std::vector<net::SocketAddress> here = {};  // those of them that are this machine's
  };
  Service service = Service::kServer;
  Outcome outcome = Outcome::kUnknown;
  std::string detail = {};  // with kUnknown: why
  std::vector<Target> targets = {};
};

struct NameRecords {
  std::string path = {};  // "host[0].domain", "host[0].aliases[1]"
  DomainName name;
  bool for_clients = false;  // clients connect to it
  bool for_servers = true;   // other servers do
  std::vector<ServiceRecords> services = {};
  ServiceRecords::Target own = {};  // the name itself, for those who find no record; port 0
};

// What a port of the operator's own server answered.
struct BackendPort {
  StreamKind kind = StreamKind::kS2sInbound;
  std::string path = {};  // "host[0].backend.s2s"
  Endpoint endpoint = {};
  policy::ProxyProtocol configured = policy::ProxyProtocol::kOff;
  std::string no_address = {};  // why the name has no address; else empty
  // With the credentials and the PROXY header that the gate would use.
  std::optional<examine::Findings> answer = {};
  // The same with a PROXY header where none is configured, and without one where one is; asked if
  // there was no answer.
  std::optional<examine::Findings> other_way = {};
  // Of the key that it showed under TLS; empty: it showed none, or none is pinned.
  std::optional<bool> is_pinned = {};
  std::string shown_key = {};  // its digest
};

struct BackendFacts {
  std::string path = {};  // "host[0].backend"
  policy::BackendKind kind = policy::BackendKind::kOther;
  DomainName domain;
  policy::BackendAuth auth = policy::BackendAuth::kTls;
  bool client_tls = false;
  std::string local_ca = {};  // the directory
  std::optional<BackendPort> s2s = {};
  std::optional<BackendPort> c2s = {};
  // Between servers, under TLS without a certificate: what it does with a stream that nobody
  // authenticates.
  std::optional<examine::Findings> anonymous = {};
  struct Alias {
    std::string path = {};
    DomainName name;
    std::optional<examine::Findings> answer = {};
  };
  std::vector<Alias> aliases = {};
  bool observes = false;       // somebody: by [policy], or by a rule
  bool has_sent = false;       // the running gate has accepted a stream that it opened
  std::string not_asked = {};  // why not all was asked; else empty
};

struct ClientFacts {
  std::size_t busiest = 0;  // connections of the address that has most
  std::size_t all = 0;      // open connections
  std::size_t limit = 0;    // for one address
};

}  // namespace portcullis::doctor
