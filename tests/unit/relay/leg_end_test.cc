// Unit tests of LegEnd: the order of events, and what is not read any more.

#include "proxy/relay/leg_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/leg_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Makes engines that do nothing, or none.
struct EngineGate : IdleGate {
  EngineOrRefusal make_engine(const LegEnd& end, const session::BeginTls& action) override {
    if (makes_engines) return std::make_unique<tls::Engine>(nullptr);
    return IdleGate::make_engine(end, action);
  }
  bool makes_engines = false;
};

// An end that calls a peer; keeps which events it took and what it asked for.
class LegEndTest : public testing::Test,
                   protected IdlePartner,
                   protected IdleAccount,
                   protected IdleBudget {
 protected:
  LegEndTest() {
    const session::OpenFarLeg wanted{*DomainName::parse("legacy.example"),
                                     DomainName::parse("peer.example").value(),
                                     {},
                                     session::Approach::kAuthenticate};
    static const policy::Config config;  // the leg keeps a reference
    const auto& limits = config.limits;
    end_ = std::make_unique<LegEnd>(scheduler_, LegRoles{gate_, *this, *this, *this, returns_},
                                    scratch_,
                                    far_leg(plan_, config, wanted, attempt_at(address(5269), 10s)),
                                    leg_settings(plan_, Place::kFar, limits, 10s), silent(wire_));
  }

  std::optional<policy::Refusal> on_open(LegEnd& /*end*/) override {
    return std::exchange(refuse_at_open_, std::nullopt);
  }
  void to_far(LegEnd& end, session::FarEvent event) override {
    const auto* const failed = std::get_if<session::FarFailed>(&event);
    told_.push_back(failed != nullptr ? std::string(policy::id(failed->refusal.reason)) : "other");
    if (echo_) end.dispatch(session::StreamClosed{});
  }
  void on_closing(LegEnd& /*end*/, const std::string& /*why*/) override {
    told_.emplace_back("closing");
  }
  void on_end_gone(LegEnd& /*end*/) override { told_.emplace_back("gone"); }
  void on_limit(const LegEnd& /*end*/, telemetry::Limit limit) override {
    told_.push_back("over " + std::string(name(limit)));
  }
  void charge(const LegEnd& /*end*/, double connections) override {
    told_.push_back("charged " + std::to_string(static_cast<int>(connections)));
  }
  bool wants_steps() const override { return true; }
  void on_step(const LegEnd& /*end*/, const session::Event& event, std::string_view) override {
    steps_.push_back(event.index());
  }
  void on_header(const LegEnd& /*end*/, const xmpp::StreamHeader& header) override {
    headers_.push_back(header.from ? header.from->text() : "");
  }

  const StreamPlan& plan_ = plan_of(StreamKind::kS2sOutbound);
  test::MemoryScheduler scheduler_;
  EngineGate gate_;
  IdleReturns returns_;
  Scratch scratch_;
  const std::shared_ptr<Wire> wire_ = std::make_shared<Wire>();
  std::optional<policy::Refusal> refuse_at_open_;
  bool echo_ = false;
  std::vector<std::string> told_;
  std::vector<std::size_t> steps_;
  std::vector<std::string> headers_;
  std::unique_ptr<LegEnd> end_;
};

const std::string kHeader =
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "from='peer.example' version='1.0'>";

TEST_F(LegEndTest, IsOfThePlaceAndSideItWasMadeFor) {
  EXPECT_EQ(end_->place(), Place::kFar);
  EXPECT_EQ(end_->side(), Side::kWan);
  EXPECT_FALSE(end_->relaying());
}

TEST_F(LegEndTest, TheFirstDeadlineRunsFromTheStart) {
  scheduler_.advance(10s - 1ms);
  EXPECT_THAT(told_, IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_THAT(told_, ElementsAre("negotiation_timeout", "closing"));
  EXPECT_TRUE(wire_->closing);
}

TEST_F(LegEndTest, NoDeadlineRunsOnceItIsClosed) {
  wire_->handler->on_lost("connection refused");
  EXPECT_THAT(told_, ElementsAre("peer_unreachable", "closing"));
  EXPECT_EQ(scheduler_.running_timers(), 0U);
}

TEST_F(LegEndTest, WhatIsDispatchedInsideAnEventIsTakenBehindIt) {
  echo_ = true;
  wire_->handler->on_open();
  steps_.clear();
  wire_->handler->on_lost("reset");
  EXPECT_THAT(steps_, ElementsAre(session::Event(session::TransportLost{}).index(),
                                  session::Event(session::StreamClosed{}).index()));
  EXPECT_THAT(told_, ElementsAre(testing::_, "closing")) << "the end was told twice";
}

TEST_F(LegEndTest, ARefusalAtOpenEndsItBehindItsHeader) {
  refuse_at_open_ = policy::refuse(policy::Reason::kRateLimited);
  wire_->handler->on_open();
  EXPECT_THAT(steps_, ElementsAre(session::Event(session::TransportReady{}).index(),
                                  session::Event(session::InputRefused{}).index()));
  EXPECT_THAT(told_, ElementsAre("rate_limited", "closing"));
}

TEST_F(LegEndTest, NothingIsReadOnceItIsClosed) {
  wire_->handler->on_open();
  wire_->handler->on_plain("<nonsense>");
  const auto told = told_;
  ASSERT_TRUE(wire_->closing);
  steps_.clear();
  wire_->handler->on_plain(kHeader);
  EXPECT_THAT(headers_, IsEmpty());
  EXPECT_THAT(steps_, IsEmpty());
  EXPECT_EQ(told_, told);
}

TEST_F(LegEndTest, NothingIsReadBehindWhatEndsItInTheSameBytes) {
  wire_->handler->on_open();
  wire_->handler->on_plain(kHeader + "</stream:stream><iq/>" + kHeader);
  EXPECT_THAT(headers_, ElementsAre("peer.example"));
  EXPECT_TRUE(wire_->closing);
  EXPECT_EQ(steps_.back(), session::Event(session::StreamClosed{}).index());
}

TEST_F(LegEndTest, AHandshakeThatFailsIsCharged) {
  wire_->handler->on_open();
  told_.clear();
  wire_->handler->on_tls_failed(policy::refuse(policy::Reason::kTlsFailed, {{"detail", "x"}}));
  EXPECT_THAT(told_, testing::Contains("charged 1"));
}

TEST_F(LegEndTest, ALimitIsToldAndMayEndIt) {
  wire_->handler->on_open();
  told_.clear();
  wire_->handler->on_limit(telemetry::Limit::kTlsKey, std::nullopt);
  EXPECT_THAT(told_, ElementsAre("over tls_key"));
  EXPECT_FALSE(wire_->closing);
  wire_->handler->on_limit(telemetry::Limit::kTlsRecords,
                           policy::refuse(policy::Reason::kNegotiationTooLong, {{"detail", "x"}}));
  EXPECT_THAT(told_,
              ElementsAre("over tls_key", "over tls_records", "negotiation_too_long", "closing"));
  EXPECT_TRUE(wire_->closing);
}

// White space is no element and has no limit of its own.
TEST_F(LegEndTest, OctetsBeforeItRelaysAreLimited) {
  wire_->handler->on_open();
  wire_->handler->on_plain(kHeader);
  told_.clear();
  const std::string space(10'000, ' ');
  for (int i = 0; i < 15; ++i) wire_->handler->on_plain(space);
  EXPECT_THAT(told_, IsEmpty());
  wire_->handler->on_plain(space);
  EXPECT_THAT(told_, ElementsAre("over login_octets", "negotiation_too_long", "closing"));
  told_.clear();
  wire_->handler->on_plain(space);
  EXPECT_THAT(told_, IsEmpty()) << "nothing is read any more";
}

TEST_F(LegEndTest, TellsThatItsConnectionIsGone) {
  wire_->handler->on_open();
  end_->transport().abort();
  EXPECT_THAT(told_, ElementsAre("gone"));
}

const std::string kBeginsTls =
    kHeader +
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
const std::string kProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

// As dear as one that fails.
TEST_F(LegEndTest, AHandshakeThatIsBrokenOffIsChargedOnceWeHaveAnswered) {
  gate_.makes_engines = true;
  wire_->handler->on_open();
  wire_->handler->on_plain(kBeginsTls);
  wire_->handler->on_plain(kProceed);
  wire_->facts.cipher = "TLS_AES_256_GCM_SHA384";
  wire_->handler->on_lost("reset");
  EXPECT_THAT(told_, testing::Contains("charged 1").Times(1));
}

TEST_F(LegEndTest, AHandshakeThatRunsOutOfTimeIsChargedOnceWeHaveAnswered) {
  gate_.makes_engines = true;
  wire_->handler->on_open();
  wire_->handler->on_plain(kBeginsTls);
  wire_->handler->on_plain(kProceed);
  wire_->facts.cipher = "TLS_AES_256_GCM_SHA384";
  scheduler_.advance(10s);
  EXPECT_THAT(told_, testing::Contains("charged 1").Times(1));
}

TEST_F(LegEndTest, AHandshakeThatNeverBeganIsNotCharged) {
  gate_.makes_engines = true;
  wire_->handler->on_open();
  wire_->handler->on_plain(kBeginsTls);
  wire_->handler->on_plain(kProceed);
  wire_->handler->on_lost("reset");
  EXPECT_THAT(told_, ElementsAre("peer_unreachable", "closing"));
}

TEST_F(LegEndTest, AnEndBehindTheHandshakeIsNotCharged) {
  gate_.makes_engines = true;
  wire_->handler->on_open();
  wire_->handler->on_plain(kBeginsTls);
  wire_->handler->on_plain(kProceed);
  wire_->facts.cipher = "TLS_AES_256_GCM_SHA384";
  wire_->handler->on_secured();
  wire_->handler->on_lost("reset");
  EXPECT_THAT(told_, testing::Not(testing::Contains("charged 1")));
}

// The gate of this test makes no engine: what then?
TEST_F(LegEndTest, WithoutAnEngineTheStreamEndsAndSaysSo) {
  wire_->handler->on_open();
  wire_->handler->on_plain(kHeader +
                           "<stream:features><starttls "
                           "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
  wire_->handler->on_plain("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_THAT(told_, ElementsAre("internal_error", "closing"));
}

TEST_F(LegEndTest, BytesBehindProceedAreAnInjection) {
  wire_->handler->on_open();
  wire_->handler->on_plain(kHeader +
                           "<stream:features><starttls "
                           "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
  wire_->handler->on_plain("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><iq/>");
  EXPECT_THAT(told_, ElementsAre("starttls_injection", "closing"));
}

}  // namespace
}  // namespace portcullis::relay
