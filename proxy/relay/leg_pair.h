#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/relay/delivery.h"
#include "proxy/relay/delivery_ledger.h"
#include "proxy/relay/far_dialer.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/passed_on.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/relay/tags_under_way.h"

namespace portcullis::relay {

// The two ends of a bridge: the near one from the start, and the far one as long as the dialer has
// it.
class LegPair {
 public:
  // `far` must outlive this. set_near() comes before everything else.
  explicit LegPair(FarDialer& far) : dialer_(far) {}
  void set_near(std::unique_ptr<LegEnd> near) { near_ = std::move(near); }

  LegEnd& near() { return *near_; }
  const LegEnd& near() const { return *near_; }
  LegEnd* far() const { return dialer_.leg(); }
  // The end on the WAN side, which must be there.
  LegEnd& wan(const StreamPlan& plan) const { return plan.wan() == Place::kNear ? *near_ : *far(); }
  // nullptr if there is none, or if `end` belongs to an attempt that was given up.
  LegEnd* other(const LegEnd& end) const;

  // Tells the far end who is at the near one, as the PROXY protocol has it.
  void introduce(LegEnd& far, const StreamPlan& plan, const policy::Backend& backend) const;
  // Whether both ends are there, and the near one was not closed yet.
  bool whole() const { return far() != nullptr && !near_->transport().closing(); }
  bool relay() const { return near_->relaying() && far() != nullptr && far()->relaying(); }
  // Both legs relay: what either end has said already is passed on, and then how it has ended.
  void go_on();
  // Octets that wait to be written to either end.
  std::size_t queued() const;
  // Octets that are kept so that senders can be told what has not arrived.
  std::size_t kept() const;
  // Sends what the guard of the other end let pass.
  void pass(LegEnd& target, const AcceptedBytes& accepted);
  // What was sent to the near and to the far end.
  std::array<Delivery, 2> deliveries();
  // What was passed to this end and has not arrived there.
  Amount undelivered(const LegEnd& end);
  // Tells it this of both ends.
  void account_to(PassedOn& passed_on);
  // The start tags of the stanzas of it that are known. They are forgotten.
  std::vector<std::string> take_undelivered_tags(const LegEnd& end);

 private:
  struct Passed {
    DeliveryLedger ledger;
    TagsUnderWay tags;
    bool empty() const { return ledger.empty() && tags.empty(); }
  };

  Passed& passed_to(const LegEnd& end);
  Delivery look(const LegEnd& end);
  void settle(const LegEnd& end);

  FarDialer& dialer_;
  std::unique_ptr<LegEnd> near_;
  std::array<Passed, 2> passed_;  // by Place of the end to which it was passed
};

}  // namespace portcullis::relay
