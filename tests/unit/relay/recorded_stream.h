#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proxy/relay/stream_record.h"
#include "tests/unit/relay/leg_support.h"
#include "tests/unit/relay/record_support.h"

namespace portcullis::relay {

// A record and the two ends it is told of. Nothing is negotiated: the test says what happened.
class RecordedStream {
 public:
  explicit RecordedStream(Books& books, StreamKind kind = StreamKind::kS2sInbound,
                          TlsEntry entry = TlsEntry::kStartTls)
      : books_(books), plan_(plan_of(kind)), started_(scheduler_.now()) {
    record = std::make_unique<StreamRecord>(
        StreamBooks{books.metrics(), books.log(), books.clock(), scheduler_}, plan_, "6925f1a0-17",
        entry, [](const DomainName& remote) {
          return remote.a_label() == "ruled.example" ? std::string("*.example") : std::string();
        });
    near = end(Place::kNear, near_wire);
    far = end(Place::kFar, far_wire);
  }

  void header(std::optional<std::string> from, std::optional<std::string> to) {
    xmpp::StreamHeader made;
    if (from) made.from = *std::move(from);
    if (to) made.to = *std::move(to);
    record->on_header(*near, made);
  }
  void refuse(policy::Reason reason) { record->on_refused(*near, policy::refuse(reason)); }
  void gone(std::chrono::milliseconds after = {}) { record->gone(started_ + after); }
  // accepted = rejected + closed + active, for this kind.
  void expect_balance(double active) const {
    const std::string kind = "kind=\"" + std::string(name(plan_.kind)) + "\"";
    const auto accepted = books_.count("connections_accepted_total", kind);
    EXPECT_EQ(books_.count("streams_active", kind), active);
    EXPECT_EQ(accepted, books_.count("streams_rejected_total", kind) +
                            books_.count("streams_closed_total", kind) + active);
  }

  const std::shared_ptr<Wire> near_wire = std::make_shared<Wire>();
  const std::shared_ptr<Wire> far_wire = std::make_shared<Wire>();
  std::unique_ptr<StreamRecord> record;
  std::unique_ptr<LegEnd> near;
  std::unique_ptr<LegEnd> far;

 private:
  std::unique_ptr<LegEnd> end(Place place, const std::shared_ptr<Wire>& wire) {
    const session::OpenFarLeg wanted{*DomainName::parse("legacy.example"),
                                     DomainName::parse("peer.example").value(),
                                     {},
                                     session::Approach::kAuthenticate};
    return std::make_unique<LegEnd>(
        scheduler_, LegRoles{gate_, *record, partner_, budget_, returns_}, scratch_,
        far_leg(plan_, config_, wanted, attempt_at(address(5269), std::chrono::seconds(10))),
        leg_settings(plan_, place, config_.limits, std::chrono::seconds(10)), silent(wire));
  }

  Books& books_;
  const StreamPlan& plan_;
  const policy::Config config_;
  test::MemoryScheduler scheduler_;
  const std::chrono::milliseconds started_;
  IdleGate gate_;
  IdlePartner partner_;
  IdleBudget budget_;
  IdleReturns returns_;
  Scratch scratch_;
};

}  // namespace portcullis::relay
