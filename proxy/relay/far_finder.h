#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/decide/peer_route.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/far_record.h"
#include "proxy/relay/network.h"

namespace portcullis::relay {

// Looks up where the far end of a bridge is.
class FarFinder {
 public:
  struct Found {
    std::vector<net::Candidate> candidates;
    NamedBackends backends;            // that a peer must not lead us to
    std::optional<DialFailure> doubt;  // why, should none of them be reached
  };
  using Answer = tl::expected<Found, DialFailure>;
  using Done = std::function<void(Answer)>;

  // All references must outlive this.
  FarFinder(Scheduler& scheduler, Network& network, const DialRules& rules, FarRecord& record)
      : scheduler_(scheduler), network_(network), rules_(rules), record_(record) {}

  // Begins to look up. `ends` is when the time for look-ups and all attempts together is over; a
  // look-up takes at most three quarters of what is left of it, so that a slow resolver leaves time
  // to connect. `done` is called once, and never before this function returns. A peer that is
  // called through a proxy, or not at all, is not looked up.
  void find_peer(const policy::PeerRoute& route, std::chrono::milliseconds ends, Done done);
  void find_backend(const DomainName& host, const Endpoint& endpoint,
                    std::chrono::milliseconds ends, Done done);
  // `done` is not called any more.
  void stop();

 private:
  void begin(std::chrono::milliseconds ends, Done done);
  void answer(Answer answer);
  void look_up(const DomainName& remote);
  void take(const DomainName& remote, net::Candidates found);
  void find_named_backends(Found found);
  void arm(std::chrono::milliseconds time, std::function<void()> on_over);
  std::chrono::milliseconds time_left() const;
  std::chrono::milliseconds time_to_look_up() const;

  Scheduler& scheduler_;
  Network& network_;
  const DialRules& rules_;
  FarRecord& record_;
  Done done_;
  std::chrono::milliseconds ends_{0};
  Network::Lookup lookup_;
  std::unique_ptr<Scheduler::Timer> timer_;  // for each look-up
};

}  // namespace portcullis::relay
