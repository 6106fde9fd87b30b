#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/found_by.h"
#include "proxy/base/result.h"
#include "proxy/base/stream_kind.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

using portcullis::FoundBy;

// Where a peer may be reached, in the order to try (RFC 2782, XEP-0368 section 3).
struct Candidate {
  SocketAddress address;
  TlsEntry entry = TlsEntry::kStartTls;
  FoundBy found = FoundBy::kSrv;
};

struct NoCandidates {
  policy::Reason reason;  // no_such_service, dns_failed or dns_timeout
  std::string detail;     // printable: what was asked and what came back
  // Who was asked, by which setting; empty where it is not the resolver's fault. Printable.
  std::string resolver = {};
};
// The domain's own addresses, because its SRV records could not be looked up. There may be some
// that lead elsewhere, so if nobody answers here, `services` is why.
struct UnsureCandidates {
  std::vector<Candidate> candidates;
  NoCandidates services;
};
using Candidates = std::variant<std::vector<Candidate>, UnsureCandidates, NoCandidates>;

// Why an endpoint of the configuration has no address. `unknown_name`: the answer was that there is
// no such name, or that it has no address. Otherwise nobody could tell.
struct EndpointError : Error {
  EndpointError(Error error, bool unknown) : Error(std::move(error)), unknown_name(unknown) {}
  bool unknown_name = false;
};
using EndpointAddresses = tl::expected<std::vector<SocketAddress>, EndpointError>;

// Look-ups by libunbound on one loop. The resolver that the operator has overridden for the backend
// is not asked, unless `servers` names it.
class Resolver {
 public:
  // If `servers` is empty, the servers in /etc/resolv.conf are asked.
  static Result<std::unique_ptr<Resolver>> make(Loop& loop, const std::vector<Endpoint>& servers);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // A running look-up. Destroying it cancels it.
  class Lookup {
   public:
    virtual ~Lookup() = default;
  };

  // The records of _xmpps-server and _xmpp-server are merged by priority and weight; a target "."
  // means that there is no service. If no SRV record is known, the domain's own addresses and port
  // 5269 are used: there is none, or it could not be looked up (RFC 6120 section 3.2.1). A failing
  // look-up of one service leaves the other. Then all addresses of each target are looked up. At
  // most 16 targets and 32 candidates are kept. `done` is called once, never before this function
  // returns, and at the latest after `at_most`, even if the resolver is destroyed meanwhile. The
  // look-up goes on with what is known when two thirds of that time are over for the SRV records,
  // and the rest for the addresses; and when others do not follow for two seconds.
  std::unique_ptr<Lookup> find_server(const DomainName& remote, std::chrono::milliseconds at_most,
                                      std::function<void(Candidates)> done);

  // Looks up an endpoint that the operator has configured: an IP literal needs no look-up, a name
  // is given to getaddrinfo(3). `done` is never called before this function returns.
  static std::unique_ptr<Lookup> resolve_endpoint(Loop& loop, const Endpoint& endpoint,
                                                  std::function<void(EndpointAddresses)> done);

 private:
  struct Impl;
  explicit Resolver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
