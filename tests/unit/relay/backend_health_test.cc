// Unit tests of BackendHealth: what is seen of a backend, and when it must be asked.

#include "proxy/relay/backend_health.h"

#include "tests/unit/relay/record_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using policy::Reason;

DomainName domain(std::string_view text) {
  return *DomainName::parse(text);
}

policy::Host host(std::string_view name, std::optional<Endpoint> s2s, std::optional<Endpoint> c2s) {
  policy::Host host{domain(name), {}, {}, {}};
  host.backend.s2s = std::move(s2s);
  host.backend.c2s = std::move(c2s);
  return host;
}

class BackendHealthTest : public testing::Test {
 protected:
  BackendHealthTest() {
    config_.hosts.push_back(host("a.example", Endpoint{"127.0.0.1", 1}, Endpoint{"127.0.0.1", 2}));
    config_.hosts.push_back(host("b.example", Endpoint{"127.0.0.1", 3}, std::nullopt));
    health().watch(config_);
  }
  BackendHealth& health() { return books_.backends(); }
  double up(const std::string& name, const std::string& kind) {
    return books_.count("backend_up{domain=\"" + name + "\",kind=\"" + kind + "\"}");
  }
  // All backends, in the order in which they are overdue, each answering at once.
  std::string asked(BackendHealth::Time now) {
    std::string all;
    while (const auto backend = health().overdue(now)) {
      all += backend->domain.text() + "/" + std::string(name(backend->kind)) + " ";
      health().saw(backend->domain, backend->kind, true, now);
    }
    return all;
  }

  Books books_;
  policy::Config config_;
  const BackendHealth::Time start_ = std::chrono::hours(100);
};

TEST_F(BackendHealthTest, SaysNothingOfABackendThatWasNotSeenYet) {
  EXPECT_TRUE(std::isnan(books_.count("backend_up")));
}

TEST_F(BackendHealthTest, TellsWhatWasSeenLast) {
  EXPECT_TRUE(health().saw(domain("a.example"), StreamKind::kS2sInbound, true, start_));
  EXPECT_FALSE(health().saw(domain("a.example"), StreamKind::kS2sInbound, true, start_ + 1s));
  EXPECT_EQ(up("a.example", "s2s_in"), 1);
  EXPECT_TRUE(std::isnan(up("a.example", "c2s")));
  EXPECT_TRUE(health().saw(domain("a.example"), StreamKind::kS2sInbound, false, start_ + 2s));
  EXPECT_EQ(up("a.example", "s2s_in"), 0);
}

// Series exist for what the configuration names, and for nothing else.
TEST_F(BackendHealthTest, KnowsNoOtherBackend) {
  EXPECT_FALSE(health().saw(domain("c.example"), StreamKind::kS2sInbound, true, start_));
  EXPECT_FALSE(health().saw(domain("b.example"), StreamKind::kC2s, true, start_));
  EXPECT_FALSE(health().saw(domain("a.example"), StreamKind::kS2sOutbound, true, start_));
  EXPECT_TRUE(std::isnan(books_.count("backend_up")));
}

TEST_F(BackendHealthTest, AsksEachBackendThatWasNeverSeenOnce) {
  EXPECT_EQ(asked(start_), "a.example/s2s_in a.example/c2s b.example/s2s_in ");
  EXPECT_EQ(asked(start_), "");
}

TEST_F(BackendHealthTest, AsksNobodyOfWhomThereIsFreshNews) {
  asked(start_);
  health().saw(domain("b.example"), StreamKind::kS2sInbound, true, start_ + 59s);
  EXPECT_EQ(asked(start_ + 59s), "");
  EXPECT_EQ(asked(start_ + 60s), "a.example/s2s_in a.example/c2s ");
}

TEST_F(BackendHealthTest, AsksTheOneThatIsDownSoonerAndTheOldestFirst) {
  asked(start_);
  health().saw(domain("b.example"), StreamKind::kS2sInbound, false, start_ + 1s);
  EXPECT_EQ(health().overdue(start_ + 15s), std::nullopt);
  ASSERT_TRUE(health().overdue(start_ + 16s));
  EXPECT_EQ(health().overdue(start_ + 16s)->domain.text(), "b.example");
  health().saw(domain("b.example"), StreamKind::kS2sInbound, false, start_ + 50s);
  EXPECT_EQ(asked(start_ + 65s), "a.example/s2s_in a.example/c2s b.example/s2s_in ");
}

TEST_F(BackendHealthTest, AReloadKeepsWhatStaysAndForgetsWhatGoes) {
  asked(start_);
  health().saw(domain("a.example"), StreamKind::kC2s, false, start_);
  config_.hosts.pop_back();
  config_.hosts.front().backend.s2s->port = 9;
  health().watch(config_);
  EXPECT_TRUE(std::isnan(up("b.example", "s2s_in")));
  EXPECT_TRUE(std::isnan(up("a.example", "s2s_in"))) << "it is another backend now";
  EXPECT_EQ(up("a.example", "c2s"), 0);
  EXPECT_EQ(asked(start_ + 1s), "a.example/s2s_in ");
}

TEST_F(BackendHealthTest, OnlyWhatDoesNotAnswerIsDown) {
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const auto reason = policy::reason_at(i);
    const bool down = reason == Reason::kBackendUnavailable || reason == Reason::kNotTheBackend ||
                      reason == Reason::kDnsFailed;
    EXPECT_EQ(is_down(reason), down) << policy::id(reason);
  }
}

}  // namespace
}  // namespace portcullis::relay
