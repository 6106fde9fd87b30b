#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "proxy/base/scheduler.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/dial_limits.h"
#include "proxy/relay/dial_race.h"
#include "proxy/relay/far_finder.h"
#include "proxy/relay/far_record.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/network.h"
#include "proxy/relay/stream_plan.h"

namespace portcullis::relay {

// Finds the far end of a bridge and reaches it within one budget of time: looks it up, connects to
// the first of its addresses that answers, and goes on to the next one if the stream there fails.
// It owns the leg of the current attempt, and then the leg that was reached. It also keeps the legs
// of failed attempts until their connections are closed.
class FarDialer final : private DialRace::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // A connection is there; `make` makes its transport.
    virtual std::unique_ptr<LegEnd> make_far(const Dial::Attempt& attempt,
                                             const MakeTransport& make) = 0;
    // All attempts have failed; `failure` tells the most about why.
    virtual void on_unreachable(DialFailure failure) = 0;
  };

  // All references must outlive this.
  FarDialer(Scheduler& scheduler, Network& network, const StreamPlan& plan, const DialRules& rules,
            FarRecord& record, FarDialer::Owner& owner);

  // Begins to look up and to connect. `budget` is the time for look-ups and all attempts together.
  // `places` are given back as soon as the peer has answered or the search has ended.
  void find_peer(const policy::PeerRoute& route, std::chrono::milliseconds budget,
                 DialPlaces places);
  void find_backend(const DomainName& host, const Endpoint& endpoint,
                    std::chrono::milliseconds budget);

  // The leg of the current attempt, or the one that was reached; nullptr if there is none, as while
  // it is looked up or connected to.
  LegEnd* leg() const { return leg_.get(); }
  bool reached() const { return reached_; }

  // The far end has answered, so no other address is tried.
  void reach();
  // It has refused the stream, and that was no fault of the leg to it: no other address is tried,
  // either, but nothing is said about whether it can be reached.
  void hear_no();
  // The current attempt failed. The next one begins, or the owner is told that none is left. With
  // `again` the next one is for the same address, because it can be asked for less.
  void fail(policy::Refusal refusal, bool again = false);
  // Both ends relay: nothing is looked up or tried any more.
  void finish();
  // The near end has ended. If the far end is not reached yet, the search for it stops.
  void give_up();
  // The far leg was only opened to see what that end offers, and is no longer wanted. Its stream is
  // closed properly.
  void drop();
  // Resets every connection.
  void abort();
  // Destroys the legs whose connections are closed; true if no leg is left. The current leg is kept
  // as long as `near_is_gone` is false.
  bool sweep(bool near_is_gone);

 private:
  DialTarget::Asked ask(const net::SocketAddress& address) override;
  void on_not_connected(const net::SocketAddress& address,
                        const Network::CallFailure& failure) override;
  void on_connected(const Dial::Attempt& attempt, const MakeTransport& make) override;
  void on_none_left() override;

  void dial(FarFinder::Answer found);
  void stop_search();
  void end_search();

  Scheduler& scheduler_;
  Network& network_;
  const StreamPlan& plan_;
  const DialRules& rules_;
  FarRecord& record_;
  FarDialer::Owner& owner_;
  FarFinder finder_;
  std::optional<DomainName> wanted_;
  std::optional<net::SocksRequest> through_;  // what a proxy is asked for; nullopt without one
  std::chrono::milliseconds ends_{0};         // the budget of this search
  DialPlaces places_;
  NamedBackends named_backends_;  // that a peer must not lead us to
  std::unique_ptr<Dial> dial_;
  std::unique_ptr<DialRace> race_;
  std::optional<Dial::Attempt> attempt_;     // that has connected
  std::unique_ptr<Scheduler::Timer> timer_;  // of the attempt that has connected
  std::unique_ptr<LegEnd> leg_;
  std::vector<std::unique_ptr<LegEnd>> leaving_;
  bool calls_peer_ = false;  // else a backend
  bool reached_ = false;
};

}  // namespace portcullis::relay
