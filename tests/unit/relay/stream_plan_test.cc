// Unit tests of StreamPlan: what each kind of stream promises the rest of the relay.

#include "proxy/relay/stream_plan.h"

#include <gtest/gtest.h>

namespace portcullis::relay {
namespace {

using policy::Backend;
using policy::Limits;
using policy::Reason;
using xmpp::StreamHeader;

constexpr StreamKind kAll[] = {StreamKind::kS2sInbound, StreamKind::kS2sOutbound, StreamKind::kC2s};

TEST(StreamPlan, IsOfTheKindThatWasAskedFor) {
  for (const auto kind : kAll) EXPECT_EQ(plan_of(kind).kind, kind) << name(kind);
}

TEST(StreamPlan, HasOneEndOnEachSide) {
  for (const auto kind : kAll) {
    const auto& plan = plan_of(kind);
    EXPECT_NE(plan.near_side, plan.far_side) << name(kind);
    EXPECT_EQ(plan.side(Place::kNear), plan.near_side) << name(kind);
    EXPECT_EQ(plan.side(Place::kFar), plan.far_side) << name(kind);
    EXPECT_EQ(plan.side(plan.wan()), Side::kWan) << name(kind);
  }
}

TEST(StreamPlan, APeersStreamComesFromTheWanAndGoesToTheBackend) {
  const auto& plan = plan_of(StreamKind::kS2sInbound);
  EXPECT_EQ(plan.wan(), Place::kNear);
  EXPECT_FALSE(plan.calls_peer());
  EXPECT_TRUE(plan.between_servers);
  EXPECT_EQ(plan.remote_of_header, &StreamHeader::from);
  EXPECT_EQ(plan.backend, &Backend::s2s);
  EXPECT_EQ(plan.unreachable, Reason::kBackendUnavailable);
  EXPECT_EQ(plan.negotiation, &Limits::negotiation);
  EXPECT_EQ(plan.reach, &Limits::backend);
}

TEST(StreamPlan, OurBackendsStreamGoesToAPeer) {
  const auto& plan = plan_of(StreamKind::kS2sOutbound);
  EXPECT_EQ(plan.wan(), Place::kFar);
  EXPECT_TRUE(plan.calls_peer());
  EXPECT_TRUE(plan.between_servers);
  EXPECT_EQ(plan.remote_of_header, &StreamHeader::to);
  EXPECT_EQ(plan.backend, nullptr);
  EXPECT_EQ(plan.unreachable, Reason::kPeerUnreachable);
  EXPECT_EQ(plan.negotiation, &Limits::negotiation);
  EXPECT_EQ(plan.reach, &Limits::dial);
}

TEST(StreamPlan, AClientsStreamHasNoRemoteDomain) {
  const auto& plan = plan_of(StreamKind::kC2s);
  EXPECT_EQ(plan.wan(), Place::kNear);
  EXPECT_FALSE(plan.calls_peer());
  EXPECT_FALSE(plan.between_servers);
  EXPECT_EQ(plan.remote_of_header, nullptr);
  EXPECT_EQ(plan.backend, &Backend::c2s);
  EXPECT_EQ(plan.unreachable, Reason::kBackendUnavailable);
  EXPECT_EQ(plan.negotiation, &Limits::login);
  EXPECT_EQ(plan.element_bytes, &Limits::login_bytes);
  EXPECT_EQ(plan.reach, &Limits::backend);
}

// Only a plan that leads to a backend may ask the configuration for one.
TEST(StreamPlan, EitherCallsAPeerOrNamesABackend) {
  for (const auto kind : kAll)
    EXPECT_NE(plan_of(kind).calls_peer(), plan_of(kind).backend != nullptr) << name(kind);
}

}  // namespace
}  // namespace portcullis::relay
