#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"
#include "proxy/base/stream_kind.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// Where a peer may be reached, in the order to try (RFC 2782, XEP-0368 section 3).
struct Candidate {
  SocketAddress address;
  TlsEntry entry = TlsEntry::kStartTls;
};

struct NoCandidates {
  policy::Reason reason;  // no_such_service or dns_failed
  std::string detail;     // printable: what was asked and what came back
};
using Candidates = std::variant<std::vector<Candidate>, NoCandidates>;

// libunbound on one loop. Never the operator's overridden resolver unless it is named here.
class Resolver {
 public:
  // `servers` empty: /etc/resolv.conf.
  static Result<std::unique_ptr<Resolver>> make(Loop& loop, const std::vector<Endpoint>& servers);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // A running look-up; destroying it cancels.
  class Lookup {
   public:
    virtual ~Lookup() = default;
  };

  // _xmpps-server and _xmpp-server merged by priority and weight, target "." honoured, fallback
  // to A/AAAA:5269 only without any SRV record; then all addresses of each target. At most 16
  // targets and 32 candidates. `done` is called once, never before this returns, at the latest
  // after ten seconds, also when the resolver is destroyed meanwhile.
  std::unique_ptr<Lookup> find_server(const DomainName& remote,
                                      std::function<void(Candidates)> done);

  // An operator's own endpoint: IP literals at once (still asynchronously), names by getaddrinfo.
  static std::unique_ptr<Lookup> resolve_endpoint(
      Loop& loop, const Endpoint& endpoint,
      std::function<void(Result<std::vector<SocketAddress>>)> done);

 private:
  struct Impl;
  explicit Resolver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
