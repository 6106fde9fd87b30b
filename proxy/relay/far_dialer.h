#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "proxy/base/scheduler.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/far_record.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/network.h"
#include "proxy/relay/stream_plan.h"

namespace portcullis::relay {

// Finds the far end of a bridge and reaches it: looks it up, tries its addresses one after the
// other within one budget of time, and keeps the leg of the attempt under way, then the one that
// was reached. Legs of attempts that are over stay here until they have said good-bye.
class FarDialer {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual std::unique_ptr<LegEnd> make_far(const Dial::Attempt& attempt) = 0;
    // Nothing is left to try.
    virtual void on_unreachable(policy::Refusal refusal) = 0;
  };

  // All references must outlive this.
  FarDialer(Scheduler& scheduler, Network& network, const StreamPlan& plan, FarRecord& record,
            Owner& owner);

  // Begins; `budget` is for looking up and all attempts together.
  void find_peer(const DomainName& remote, std::chrono::milliseconds budget);
  void find_backend(const DomainName& host, const Endpoint& endpoint,
                    std::chrono::milliseconds budget);

  // The leg of the attempt under way or the one that was reached; nullptr: there is none.
  LegEnd* leg() const { return leg_.get(); }
  bool reached() const { return reached_; }

  // The far end answered: this attempt is the one.
  void reach();
  // The attempt under way failed; the next one begins, or the owner is told.
  void fail(policy::Refusal refusal);
  // Both ends relay: nothing more is looked up or tried.
  void finish();
  // The near end is over. What was not reached yet is given up.
  void give_up();
  // The far end was only looked at and is no longer wanted; it is told so in words.
  void drop();
  // Resets every connection.
  void abort();
  // Forgets the legs whose connections are closed; true when none is left. The one that was reached
  // stays for as long as `near_is_gone` is false.
  bool sweep(bool near_is_gone);

 private:
  void arm(std::chrono::milliseconds time);
  void on_time_over();
  void dial(std::vector<net::Candidate> candidates, std::chrono::milliseconds budget);
  void try_next();

  Scheduler& scheduler_;
  Network& network_;
  const StreamPlan& plan_;
  FarRecord& record_;
  Owner& owner_;
  std::optional<DomainName> wanted_;
  Network::Lookup lookup_;
  std::unique_ptr<Dial> dial_;
  std::unique_ptr<Scheduler::Timer> timer_;  // of the look-up, then of each attempt
  std::unique_ptr<LegEnd> leg_;
  std::vector<std::unique_ptr<LegEnd>> leaving_;
  bool reached_ = false;
};

}  // namespace portcullis::relay
