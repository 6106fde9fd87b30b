// Unit tests of FarDialer: how the far end of a bridge is looked up and reached.

#include "proxy/relay/far_dialer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/leg_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using policy::Reason;
using policy::Refusal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Answers a look-up when the test says so.
class ScriptedNetwork final : public Network {
 public:
  MakeTransport connect(const net::SocketAddress& to) override {
    auto wire = std::make_shared<Wire>();
    wire->to = to;
    wires.push_back(wire);
    return silent(std::move(wire));
  }
  Lookup find_server(const DomainName& remote, std::function<void(net::Candidates)> done) override {
    asked.push_back(remote.a_label());
    found = std::move(done);
    return std::make_unique<Running>(*this);
  }
  Lookup resolve_endpoint(
      const Endpoint& endpoint,
      std::function<void(Result<std::vector<net::SocketAddress>>)> done) override {
    asked.push_back(endpoint.host + ":" + std::to_string(endpoint.port));
    resolved = std::move(done);
    return std::make_unique<Running>(*this);
  }

  // What the dialer waits for. A callback may end the look-up that calls it.
  void answer(net::Candidates candidates) { std::exchange(found, nullptr)(std::move(candidates)); }
  void answer(Result<std::vector<net::SocketAddress>> addresses) {
    std::exchange(resolved, nullptr)(std::move(addresses));
  }

  std::vector<std::string> asked;
  std::function<void(net::Candidates)> found;
  std::function<void(Result<std::vector<net::SocketAddress>>)> resolved;
  std::vector<std::shared_ptr<Wire>> wires;

 private:
  // A look-up that is destroyed is cancelled: its answer never comes.
  class Running final : public net::Resolver::Lookup {
   public:
    explicit Running(ScriptedNetwork& network) : network_(network) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() override {
      network_.found = nullptr;
      network_.resolved = nullptr;
    }

   private:
    ScriptedNetwork& network_;
  };
};

class FarDialerTest : public testing::Test, protected FarDialer::Owner, protected IdlePartner {
 protected:
  explicit FarDialerTest(StreamKind kind = StreamKind::kS2sOutbound)
      : plan_(plan_of(kind)), record_({metrics_, log_, backends_, scheduler_}, plan_, "id-1") {}

  std::unique_ptr<LegEnd> make_far(const Dial::Attempt& attempt) override {
    attempts_.push_back(std::to_string(attempt.candidate.address.port()) + " for " +
                        std::to_string(attempt.time.count()) + " ms");
    const session::OpenFarLeg wanted{*DomainName::parse("legacy.example"),
                                     DomainName::parse("peer.example").value(),
                                     {},
                                     session::Approach::kAuthenticate};
    const policy::Config config;
    const auto& limits = config.limits;
    return std::make_unique<LegEnd>(scheduler_, LegRoles{gate_, account_, *this, budget_}, scratch_,
                                    far_leg(plan_, config, wanted, attempt),
                                    leg_settings(plan_, Place::kFar, limits, attempt.time + 1h),
                                    network_.connect(attempt.candidate.address));
  }
  void on_unreachable(Refusal refusal) override { unreachable_.push_back(std::move(refusal)); }
  // As a bridge does: a leg that fails before it answered is one attempt that failed.
  void to_far(LegEnd& end, session::FarEvent event) override {
    auto* const failed = std::get_if<session::FarFailed>(&event);
    if (failed != nullptr && &end == dialer_.leg() && !dialer_.reached())
      dialer_.fail(std::move(failed->refusal));
  }

  void find_peer(std::chrono::milliseconds budget = 9s) {
    dialer_.find_peer(*DomainName::parse("peer.example"), budget);
  }
  void found(std::uint16_t count) {
    std::vector<net::Candidate> candidates;
    for (std::uint16_t i = 1; i <= count; ++i)
      candidates.push_back({address(i), TlsEntry::kStartTls});
    network_.answer(net::Candidates(std::move(candidates)));
  }
  // Begins with the attempt at the first of so many candidates.
  void dial(std::uint16_t count) {
    find_peer();
    found(count);
  }
  void lose(std::size_t wire, const std::string& why = "connection refused") {
    network_.wires.at(wire)->handler->on_lost(why);
  }
  std::string reasons() const {
    std::string text;
    for (const auto& one : unreachable_) text += std::string(policy::id(one.reason)) + " ";
    return text;
  }

  test::MemoryScheduler scheduler_;
  telemetry::Metrics metrics_;
  std::vector<std::string> lines_;
  BackendHealth backends_{metrics_};
  telemetry::Log log_{policy::Log{policy::LogFormat::kText, false},
                      [this](std::string_view line) { lines_.emplace_back(line); }};
  const StreamPlan& plan_;
  FarRecord record_;
  ScriptedNetwork network_;
  IdleGate gate_;
  IdleAccount account_;
  IdleBudget budget_;
  Scratch scratch_;
  std::vector<std::string> attempts_;
  std::vector<Refusal> unreachable_;
  FarDialer dialer_{scheduler_, network_, plan_, record_, *this};
};

class FarDialerToBackend : public FarDialerTest {
 protected:
  FarDialerToBackend() : FarDialerTest(StreamKind::kS2sInbound) {}
  void find_backend() {
    dialer_.find_backend(*DomainName::parse("legacy.example"), {"backend.internal", 15269}, 8s);
  }
};

// ---- Looking up

TEST_F(FarDialerTest, LooksUpThePeer) {
  find_peer();
  EXPECT_THAT(network_.asked, ElementsAre("peer.example"));
  EXPECT_EQ(dialer_.leg(), nullptr);
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerTest, TellsThatThePeerHasNoServer) {
  find_peer();
  network_.answer(net::NoCandidates{Reason::kNoSuchService, "its SRV record says so"});
  EXPECT_EQ(reasons(), "no_such_service ");
  EXPECT_THAT(unreachable_.at(0).text, HasSubstr("its SRV record says so"));
  scheduler_.advance(1h);
  EXPECT_EQ(unreachable_.size(), 1U);
}

TEST_F(FarDialerTest, TellsThatLookingUpTookTooLong) {
  find_peer(9s);
  scheduler_.advance(8'999ms);
  EXPECT_THAT(unreachable_, IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_EQ(reasons(), "dns_failed ");
  EXPECT_FALSE(network_.found) << "the look-up goes on";
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerTest, WhatTheLookUpTookIsMissingToTheAttempts) {
  find_peer(9s);
  scheduler_.advance(3s);
  found(2);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms"));
}

TEST_F(FarDialerTest, TellsThatNoAddressWasFound) {
  dial(0);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerTest, DoesNotTryWhereNoTimeIsLeft) {
  find_peer(9s);
  scheduler_.advance(8'950ms);
  found(3);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerToBackend, TriesEveryAddressOfTheBackend) {
  find_backend();
  EXPECT_THAT(network_.asked, ElementsAre("backend.internal:15269"));
  network_.answer(Result<std::vector<net::SocketAddress>>({address(1), address(2)}));
  EXPECT_THAT(attempts_, ElementsAre("1 for 4000 ms"));
  lose(0);
  EXPECT_THAT(attempts_, ElementsAre("1 for 4000 ms", "2 for 8000 ms"));
}

TEST_F(FarDialerToBackend, TellsThatTheBackendsNameHasNoAddress) {
  find_backend();
  network_.answer(fail("name or service not known"));
  EXPECT_EQ(reasons(), "backend_unavailable ");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr("name or service not known"));
}

TEST_F(FarDialerToBackend, TellsThatLookingUpTheBackendTookTooLong) {
  find_backend();
  scheduler_.advance(8s);
  EXPECT_EQ(reasons(), "dns_failed ");
  EXPECT_FALSE(network_.resolved);
}

// ---- Attempts

TEST_F(FarDialerTest, TriesTheCandidatesInOrderAndSharesTheBudget) {
  dial(3);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms"));
  lose(0);
  lose(1);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms", "2 for 4500 ms", "3 for 9000 ms"));
  EXPECT_THAT(unreachable_, IsEmpty());
  lose(2);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_EQ(dialer_.leg(), nullptr);
}

TEST_F(FarDialerTest, ASilentCandidateGivesWayToTheNext) {
  dial(3);
  scheduler_.advance(2'999ms);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms"));
  scheduler_.advance(1ms);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms", "2 for 3000 ms"));
  EXPECT_TRUE(network_.wires.at(0)->closing);
  EXPECT_EQ(&dialer_.leg()->transport().peer(), &network_.wires.at(1)->to);
}

TEST_F(FarDialerTest, SilentCandidatesTakeTheBudgetAndNoMore) {
  dial(3);
  scheduler_.advance(9s - 1ms);
  EXPECT_THAT(unreachable_, IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_EQ(reasons(), "negotiation_timeout ");
  scheduler_.advance(24h);
  EXPECT_EQ(unreachable_.size(), 1U);
}

TEST_F(FarDialerTest, TellsTheFailureThatSaysMost) {
  dial(3);
  lose(0);
  dialer_.fail(policy::refuse(Reason::kExpired));
  lose(2);
  EXPECT_EQ(reasons(), "expired ");
}

TEST_F(FarDialerTest, ALegThatFailedStaysUntilItsConnectionIsClosed) {
  dial(2);
  lose(0);
  EXPECT_FALSE(dialer_.sweep(true));
  EXPECT_FALSE(network_.wires.at(0)->destroyed);
  network_.wires.at(0)->go();
  dialer_.sweep(false);
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
  EXPECT_FALSE(network_.wires.at(1)->destroyed);
}

// ---- Reached

TEST_F(FarDialerTest, NoTimeRunsOnceThePeerWasReached) {
  dial(2);
  dialer_.reach();
  EXPECT_TRUE(dialer_.reached());
  scheduler_.advance(30min);
  EXPECT_THAT(attempts_, testing::SizeIs(1));
  EXPECT_FALSE(network_.wires.at(0)->closing);
  EXPECT_THAT(unreachable_, IsEmpty());
}

TEST_F(FarDialerTest, FinishingKeepsTheLeg) {
  dial(2);
  dialer_.reach();
  dialer_.finish();
  EXPECT_NE(dialer_.leg(), nullptr);
  EXPECT_TRUE(dialer_.reached());
}

TEST_F(FarDialerTest, TheLegThatWasReachedStaysWhileTheNearEndDoes) {
  dial(1);
  dialer_.reach();
  network_.wires.at(0)->go();
  EXPECT_FALSE(dialer_.sweep(false));
  EXPECT_NE(dialer_.leg(), nullptr);
  EXPECT_TRUE(dialer_.sweep(true));
  EXPECT_EQ(dialer_.leg(), nullptr);
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
}

// ---- Given up

TEST_F(FarDialerTest, GivingUpALookUpCancelsIt) {
  find_peer();
  dialer_.give_up();
  EXPECT_FALSE(network_.found);
  scheduler_.advance(1h);
  EXPECT_THAT(unreachable_, IsEmpty());
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, GivingUpAnAttemptResetsItAndTriesNoOther) {
  dial(3);
  dialer_.give_up();
  EXPECT_TRUE(network_.wires.at(0)->aborted);
  EXPECT_EQ(dialer_.leg(), nullptr);
  scheduler_.advance(1h);
  EXPECT_THAT(attempts_, testing::SizeIs(1));
  EXPECT_THAT(unreachable_, IsEmpty());
  EXPECT_TRUE(dialer_.sweep(true));
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
}

TEST_F(FarDialerTest, WhatWasReachedIsNotGivenUp) {
  dial(1);
  dialer_.reach();
  dialer_.give_up();
  EXPECT_FALSE(network_.wires.at(0)->aborted);
  EXPECT_NE(dialer_.leg(), nullptr);
}

TEST_F(FarDialerTest, GivingUpTwiceIsNothing) {
  dial(1);
  dialer_.give_up();
  dialer_.give_up();
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, GivingUpBeforeAnythingBeganIsNothing) {
  dialer_.give_up();
  EXPECT_TRUE(dialer_.sweep(true));
}

// ---- Dropped, and dialed again

TEST_F(FarDialerTest, DroppingSaysGoodByeAndLetsTheNextOneBegin) {
  dial(2);
  network_.wires.at(0)->handler->on_open();
  dialer_.reach();
  dialer_.drop();
  EXPECT_EQ(dialer_.leg(), nullptr);
  EXPECT_FALSE(dialer_.reached());
  EXPECT_TRUE(network_.wires.at(0)->closing);
  EXPECT_FALSE(network_.wires.at(0)->aborted) << "it is told in words";

  dial(1);
  ASSERT_NE(dialer_.leg(), nullptr);
  EXPECT_THAT(attempts_, testing::SizeIs(2));
  EXPECT_FALSE(dialer_.sweep(true)) << "both connections are open";
  network_.wires.at(0)->go();
  EXPECT_FALSE(dialer_.sweep(false));
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
  EXPECT_FALSE(network_.wires.at(1)->destroyed);
}

TEST_F(FarDialerTest, ADroppedLegIsNoAttemptThatFailed) {
  dial(2);
  dialer_.reach();
  dialer_.drop();
  lose(0, "reset");
  scheduler_.advance(1h);
  EXPECT_THAT(attempts_, testing::SizeIs(1));
  EXPECT_THAT(unreachable_, IsEmpty());
}

TEST_F(FarDialerTest, DroppingALookUpCancelsIt) {
  find_peer();
  dialer_.drop();
  EXPECT_FALSE(network_.found);
  scheduler_.advance(1h);
  EXPECT_THAT(unreachable_, IsEmpty());
}

// ---- Aborted

TEST_F(FarDialerTest, AbortResetsTheAttemptAndTheLegsThatAreLeaving) {
  dial(2);
  lose(0);
  dialer_.abort();
  EXPECT_TRUE(network_.wires.at(0)->aborted);
  EXPECT_TRUE(network_.wires.at(1)->aborted);
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, AbortResetsWhatWasReached) {
  dial(1);
  dialer_.reach();
  dialer_.abort();
  EXPECT_TRUE(network_.wires.at(0)->aborted);
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, AbortCancelsALookUp) {
  find_peer();
  dialer_.abort();
  EXPECT_FALSE(network_.found);
  EXPECT_TRUE(dialer_.sweep(true));
}

}  // namespace
}  // namespace portcullis::relay
