// How the other side of an established stream is known, and what counts it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/relay/standing.h"
#include "proxy/telemetry/recent_refusals.h"
#include "proxy/telemetry/traces.h"
#include "tests/unit/relay/recorded_stream.h"

namespace portcullis::relay {
namespace {

using testing::SizeIs;

PeerAssessment verified(bool pinned = false) {
  PeerAssessment made;
  made.verified = true;
  made.pinned = pinned;
  made.identified = true;
  return made;
}

policy::Decision decision(policy::Verdict verdict) {
  return {verdict, policy::refuse(policy::Reason::kExpired), {}};
}

TEST(StandingAuthentication, OfAServer) {
  constexpr auto kIn = StreamKind::kS2sInbound;
  Standing external;
  external.keep_peer(Place::kNear, verified());
  EXPECT_EQ(external.authentication(kIn, true), Authentication::kExternal);

  Standing pinned;
  pinned.keep_peer(Place::kNear, verified(true));
  EXPECT_EQ(pinned.authentication(kIn, true), Authentication::kPinned);

  Standing excepted;
  auto with_fault = verified();
  with_fault.decision = decision(policy::Verdict::kExcepted);
  excepted.keep_peer(Place::kNear, with_fault);
  EXPECT_EQ(excepted.authentication(kIn, true), Authentication::kExcepted);

  Standing by_key;
  by_key.keep_peer(Place::kFar, verified());
  by_key.authenticate(true);
  EXPECT_EQ(by_key.authentication(StreamKind::kS2sOutbound, true),
            Authentication::kDialbackCertified);
}

TEST(StandingAuthentication, WhatIsOnlyObservedIsNotAuthenticated) {
  Standing observed;
  observed.keep(Place::kNear, decision(policy::Verdict::kWouldReject));
  EXPECT_EQ(observed.authentication(StreamKind::kS2sInbound, true), Authentication::kObserved);
  EXPECT_EQ(observed.authentication(StreamKind::kS2sInbound, false), Authentication::kPlain);

  Standing doubted;
  doubted.keep_peer(Place::kFar, verified());
  doubted.doubt(Place::kNear, policy::refuse(policy::Reason::kDialbackAttempted));
  EXPECT_EQ(doubted.authentication(StreamKind::kS2sOutbound, true), Authentication::kObserved);
}

TEST(StandingAuthentication, ANewAttemptForgetsThePin) {
  Standing standing;
  standing.keep_peer(Place::kFar, verified(true));
  standing.begin_attempt(true);
  standing.keep_peer(Place::kFar, verified());
  EXPECT_EQ(standing.authentication(StreamKind::kS2sOutbound, true), Authentication::kExternal);
}

TEST(StandingAuthentication, OfAClient) {
  Standing without;
  without.keep_client(Place::kNear, {});
  EXPECT_EQ(without.authentication(StreamKind::kC2s, true), Authentication::kLogin);
  Standing with;
  with.keep_client(Place::kNear, verified());
  EXPECT_EQ(with.authentication(StreamKind::kC2s, true), Authentication::kClientCertificate);
}

TEST(StandingStreams, AreCountedUntilTheyEnd) {
  Books books;
  const auto standing = [&](const std::string& label) {
    return books.count("streams_standing", label);
  };
  {
    RecordedStream stream(books);
    stream.near_wire->facts.version = TlsVersion::kTls13;
    stream.record->on_secured(*stream.near, {});
    stream.record->established({{}, Authentication::kPinned, "legacy.example"});
    EXPECT_EQ(standing("authentication=\"pinned\""), 1);
    EXPECT_EQ(standing("domain=\"legacy.example\""), 1);
    EXPECT_EQ(standing("version=\"TLSv1.3\""), 1);
    stream.gone();
    EXPECT_EQ(standing("authentication=\"pinned\""), 0);
  }
  {
    RecordedStream stream(books);
    stream.record->established({{}, Authentication::kPlain, "legacy.example"});
    EXPECT_EQ(standing("version=\"none\""), 1);
  }
  EXPECT_EQ(standing("authentication=\"plain\""), 0) << "also where nobody said that it is gone";
}

TEST(StandingStreams, AreCountedByTheLatestJudgement) {
  Books books;
  RecordedStream stream(books);
  const auto standing = [&](const std::string& label) {
    return books.count("streams_standing", label);
  };
  stream.record->judged_again(Authentication::kObserved);
  EXPECT_FALSE(stream.record->facts().how) << "it is not established yet";
  stream.record->established({{}, Authentication::kExcepted, "legacy.example"});
  stream.record->judged_again(Authentication::kObserved);
  EXPECT_EQ(stream.record->facts().how, Authentication::kObserved);
  EXPECT_EQ(standing("authentication=\"excepted\""), 0);
  EXPECT_EQ(standing("authentication=\"observed\""), 1);
  stream.record->judged_again(Authentication::kObserved);
  EXPECT_EQ(standing("authentication=\"observed\""), 1);
  EXPECT_EQ(standing("domain=\"legacy.example\""), 1);
  stream.gone();
  stream.record->judged_again(Authentication::kExternal);
  EXPECT_EQ(standing("domain=\"legacy.example\""), 0) << "what is gone is not counted again";
}

TEST(StandingStreams, ARefusedOneDoesNotStand) {
  Books books;
  RecordedStream stream(books);
  stream.refuse(policy::Reason::kExpired);
  stream.record->established({{}, Authentication::kExternal, "legacy.example"});
  EXPECT_FALSE(stream.record->facts().how);
}

TEST(StandingStreams, RefusalsAreRememberedAndAcceptancesAreNot) {
  Books books;
  RecordedStream refused(books);
  refused.header("peer.example", "legacy.example");
  refused.refuse(policy::Reason::kExpired);
  RecordedStream accepted(books);
  accepted.record->established({});
  const auto recent = books.log().recent();
  ASSERT_THAT(recent, SizeIs(1));
  EXPECT_EQ(recent[0].from, "peer.example");
  EXPECT_EQ(recent[0].reason, policy::Reason::kExpired);
}

TEST(StandingStreams, StepsAreWrittenOfWhomAnOperatorAskedFor) {
  Books books;
  books.log().traces().add("peer.example");
  RecordedStream other(books);
  other.header("other.example", "legacy.example");
  EXPECT_FALSE(other.record->wants_steps());
  RecordedStream stream(books);
  EXPECT_FALSE(stream.record->wants_steps()) << "who it is is not known yet";
  stream.header("peer.example", "legacy.example");
  EXPECT_TRUE(stream.record->wants_steps());
  stream.record->on_step(*stream.near, session::StreamClosed{}, "closed");
  EXPECT_THAT(books.lines_of("step"), SizeIs(1));
  books.log().traces().remove("peer.example");
  EXPECT_FALSE(stream.record->wants_steps());
}

}  // namespace
}  // namespace portcullis::relay
