// Unit tests of BackendHealth: what is seen of a backend, and when it must be asked.

#include "proxy/relay/backend_health.h"

#include "tests/unit/relay/record_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;

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
    config_.listen.s2s = {{"0.0.0.0", 5269}};
    config_.listen.s2s_direct.clear();
    config_.listen.c2s = {{"0.0.0.0", 5222}};
    config_.listen.c2s_direct.clear();
    config_.hosts.push_back(host("a.example", Endpoint{"127.0.0.1", 1}, Endpoint{"127.0.0.1", 2}));
    config_.hosts.push_back(host("b.example", Endpoint{"127.0.0.1", 3}, std::nullopt));
    health().watch(config_);
  }
  BackendHealth& health() { return books_.backends(); }
  double up(const std::string& name, const std::string& kind) {
    return books_.count("backend_up{domain=\"" + name + "\",kind=\"" + kind + "\"}");
  }
  // All backends, in the order in which they are due, each answering at once.
  std::string asked(BackendHealth::Time now) {
    std::string all;
    while (const auto backend = health().due(now)) {
      all += backend->domain.a_label() + "/" + std::string(name(backend->kind)) + " ";
      health().probed(backend->domain, backend->kind, true, now);
    }
    return all;
  }
  std::string asked_first(BackendHealth::Time now) {
    const auto backend = health().due(now);
    return backend ? backend->domain.a_label() : "";
  }

  Books books_;
  policy::Config config_;
  const DomainName a_ = domain("a.example");
  const DomainName b_ = domain("b.example");
  const BackendHealth::Time start_ = std::chrono::hours(100);
};

TEST_F(BackendHealthTest, SaysNothingOfABackendThatWasNotSeenYet) {
  EXPECT_TRUE(std::isnan(books_.count("backend_up")));
}

TEST_F(BackendHealthTest, TellsWhatWasSeenLast) {
  health().answered(a_, StreamKind::kS2sInbound, start_);
  EXPECT_EQ(up("a.example", "s2s_in"), 1);
  EXPECT_TRUE(std::isnan(up("a.example", "c2s")));
  EXPECT_TRUE(health().probed(a_, StreamKind::kS2sInbound, false, start_ + 2s));
  EXPECT_EQ(up("a.example", "s2s_in"), 0);
  EXPECT_FALSE(health().probed(a_, StreamKind::kS2sInbound, false, start_ + 3s)) << "no news";
  health().answered(a_, StreamKind::kS2sInbound, start_ + 4s);
  EXPECT_EQ(up("a.example", "s2s_in"), 1);
}

// Series exist for what the configuration names, and for nothing else.
TEST_F(BackendHealthTest, KnowsNoOtherBackend) {
  health().answered(domain("c.example"), StreamKind::kS2sInbound, start_);
  health().impostor(b_, StreamKind::kC2s, start_);
  health().suspect(a_, StreamKind::kS2sOutbound);
  EXPECT_FALSE(health().probed(a_, StreamKind::kS2sOutbound, true, start_));
  EXPECT_TRUE(std::isnan(books_.count("backend_up")));
}

TEST_F(BackendHealthTest, WatchesNothingThatNoListenerLeadsTo) {
  config_.listen.c2s.clear();
  health().watch(config_);
  EXPECT_EQ(asked(start_), "a.example/s2s_in b.example/s2s_in ");
  config_.listen.c2s_direct.push_back({"0.0.0.0", 5223});
  config_.listen.s2s.clear();
  health().watch(config_);
  EXPECT_EQ(asked(start_), "a.example/c2s ");
}

TEST_F(BackendHealthTest, AsksEachBackendThatWasNeverSeenOnce) {
  EXPECT_EQ(asked(start_), "a.example/s2s_in a.example/c2s b.example/s2s_in ");
  EXPECT_EQ(asked(start_), "");
}

TEST_F(BackendHealthTest, AsksNobodyOfWhomThereIsFreshNews) {
  asked(start_);
  health().answered(b_, StreamKind::kS2sInbound, start_ + 59s);
  EXPECT_EQ(asked(start_ + 59s), "");
  EXPECT_EQ(asked(start_ + 60s), "a.example/s2s_in a.example/c2s ");
}

TEST_F(BackendHealthTest, AsksTheOneThatIsDownSoonerAndTheOldestFirst) {
  asked(start_);
  health().probed(b_, StreamKind::kS2sInbound, false, start_ + 1s);
  EXPECT_EQ(asked_first(start_ + 15s), "");
  EXPECT_EQ(asked_first(start_ + 16s), "b.example");
  health().probed(b_, StreamKind::kS2sInbound, false, start_ + 50s);
  EXPECT_EQ(asked(start_ + 65s), "a.example/s2s_in a.example/c2s b.example/s2s_in ");
}

// However often a stranger makes a stream fail, it costs a probe in five seconds and says nothing.
TEST_F(BackendHealthTest, OneThatIsSuspectedIsAskedAndStaysUpUntilThen) {
  asked(start_);
  for (int i = 0; i < 100; ++i) health().suspect(b_, StreamKind::kS2sInbound);
  EXPECT_EQ(up("b.example", "s2s_in"), 1);
  EXPECT_EQ(asked_first(start_ + 4s), "");
  EXPECT_EQ(asked(start_ + 5s), "b.example/s2s_in ");
  EXPECT_EQ(asked(start_ + 15s), "");
  EXPECT_EQ(up("b.example", "s2s_in"), 1);
}

TEST_F(BackendHealthTest, AProbeDoesNotBelieveAnImpostor) {
  health().impostor(b_, StreamKind::kS2sInbound, start_);
  EXPECT_FALSE(health().probed(b_, StreamKind::kS2sInbound, true, start_ + 20s));
  EXPECT_EQ(up("b.example", "s2s_in"), 0);
  health().answered(b_, StreamKind::kS2sInbound, start_ + 21s);
  EXPECT_EQ(up("b.example", "s2s_in"), 1);
}

TEST_F(BackendHealthTest, AReloadLetsAnImpostorBeAskedAgain) {
  asked(start_);
  health().impostor(b_, StreamKind::kS2sInbound, start_);
  health().watch(config_);
  EXPECT_EQ(up("b.example", "s2s_in"), 0);
  EXPECT_EQ(asked(start_ + 5s), "b.example/s2s_in ");
  EXPECT_EQ(up("b.example", "s2s_in"), 1);
}

TEST_F(BackendHealthTest, AReloadKeepsWhatStaysAndForgetsWhatGoes) {
  asked(start_);
  health().probed(a_, StreamKind::kC2s, false, start_);
  config_.hosts.pop_back();
  config_.hosts.front().backend.s2s->port = 9;
  health().watch(config_);
  EXPECT_TRUE(std::isnan(up("b.example", "s2s_in")));
  EXPECT_TRUE(std::isnan(up("a.example", "s2s_in"))) << "it is another backend now";
  EXPECT_EQ(up("a.example", "c2s"), 0);
  EXPECT_EQ(asked(start_ + 1s), "a.example/s2s_in ");
}

}  // namespace
}  // namespace portcullis::relay
