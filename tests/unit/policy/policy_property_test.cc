// Random configurations, the same in another order: the same decision about everybody.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/decide/gate.h"
#include "policy/explain/explain.h"

namespace portcullis::policy {
namespace {

using namespace std::chrono;

const sys_seconds kNow = sys_days(2026y / November / 21);

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  bool coin() { return below(2) == 1; }
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  // Few labels, so that names lie below one another often.
  std::string name() {
    constexpr std::array<std::string_view, 3> kLabels{"a", "b", "example"};
    std::string text = "example";
    for (std::size_t depth = below(4); depth > 0; --depth)
      text = std::string(kLabels.at(below(kLabels.size()))) + "." + text;
    return text;
  }
  std::string pattern() { return (coin() ? "*." : "") + name(); }

  std::vector<std::string> patterns(std::size_t most) {
    std::vector<std::string> all;
    for (std::size_t count = below(most); count > 0; --count) all.push_back(pattern());
    return all;
  }

  S2sSettings settings() {
    S2sSettings settings;
    settings.mode = coin() ? Mode::kObserve : Mode::kEnforce;
    settings.min_tls = coin() ? TlsVersion::kTls13 : TlsVersion::kTls12;
    settings.max_chain = static_cast<int>(below(9));
    return settings;
  }

  // As the loader leaves it: no pattern in two rules, one exception for a domain.
  Config config() {
    Config config;
    config.s2s.settings = settings();
    config.federation = {coin(), patterns(4), patterns(4), {}};
    std::vector<std::string> taken;
    for (std::size_t rules = below(6); rules > 0; --rules) {
      S2sRule rule{{}, {}, settings(), {}};
      for (auto& pattern : patterns(4)) {
        if (std::find(taken.begin(), taken.end(), pattern) != taken.end()) continue;
        taken.push_back(pattern);
        rule.match.push_back(std::move(pattern));
      }
      config.s2s.rules.push_back(std::move(rule));
    }
    std::vector<std::string> excepted;
    for (std::size_t count = below(6); count > 0; --count) {
      auto domain = name();
      if (std::find(excepted.begin(), excepted.end(), domain) != excepted.end()) continue;
      excepted.push_back(domain);
      config.s2s.exceptions.push_back({DomainName::parse(domain).value(),
                                       {reason(), reason(), reason()},
                                       {},
                                       floor<days>(kNow) + days(below(3)) - days(1),
                                       "w",
                                       {}});
    }
    return config;
  }

  Reason reason() { return reason_at(below(kReasonCount)); }

  Evidence evidence() {
    constexpr std::array kVersions{TlsVersion::kUnknown, TlsVersion::kTls11, TlsVersion::kTls12,
                                   TlsVersion::kTls13};
    Evidence evidence{DomainName::parse(name()).value(), kVersions.at(below(4)), {}, {}};
    if (coin()) evidence.certificate = refuse(reason());
    for (std::size_t count = below(3); count > 0; --count)
      evidence.waived.push_back(refuse(reason()));
    return evidence;
  }

  void shuffle(Config& config) {
    mix(config.s2s.rules);
    for (auto& rule : config.s2s.rules) mix(rule.match);
    mix(config.s2s.exceptions);
    for (auto& exception : config.s2s.exceptions) mix(exception.allow);
    mix(config.federation.allow);
    mix(config.federation.deny);
  }

 private:
  template <class T>
  void mix(std::vector<T>& list) {
    std::shuffle(list.begin(), list.end(), random_);
  }

  std::mt19937 random_;
};

void expect_same(const Decision& a, const Decision& b) {
  EXPECT_EQ(a.verdict, b.verdict);
  ASSERT_EQ(a.refusal.has_value(), b.refusal.has_value());
  if (a.refusal) {
    EXPECT_EQ(a.refusal->reason, b.refusal->reason);
    EXPECT_EQ(a.refusal->text, b.refusal->text);
  }
  ASSERT_EQ(a.further.size(), b.further.size());
  for (std::size_t i = 0; i < a.further.size(); ++i)
    EXPECT_EQ(a.further[i].reason, b.further[i].reason);
}

class PolicySeeds : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Fixed, PolicySeeds, testing::Range(1U, 9U));

TEST_P(PolicySeeds, TheOrderOfTheFileNeverDecides) {
  Generator generator(GetParam());
  for (int round = 0; round < 400; ++round) {
    const auto config = generator.config();
    auto shuffled = config;
    generator.shuffle(shuffled);
    for (int peer = 0; peer < 10; ++peer) {
      const auto evidence = generator.evidence();
      expect_same(certificate_gate(config, evidence, kNow),
                  certificate_gate(shuffled, evidence, kNow));
      const auto a = remote_policy(config, evidence.remote, kNow);
      const auto b = remote_policy(shuffled, evidence.remote, kNow);
      EXPECT_EQ(a.pattern, b.pattern);
      EXPECT_EQ(*a.settings, *b.settings);
      EXPECT_EQ(a.denied, b.denied);
      EXPECT_EQ(a.denied_by, b.denied_by);
      EXPECT_EQ(a.exception == nullptr, b.exception == nullptr);
    }
  }
}

// What has to be true of any decision, whatever the configuration.
TEST_P(PolicySeeds, NoDecisionContradictsItself) {
  Generator generator(GetParam() + 100);
  for (int round = 0; round < 4'000; ++round) {
    const auto config = generator.config();
    const auto evidence = generator.evidence();
    const auto decision = certificate_gate(config, evidence, kNow);
    EXPECT_EQ(decision.refusal.has_value(), decision.verdict != Verdict::kAccepted);
    const bool through =
        decision.verdict == Verdict::kAccepted || decision.verdict == Verdict::kExcepted;
    if (through) {
      EXPECT_GE(evidence.tls_version, TlsVersion::kTls12);
      EXPECT_TRUE(config.federates_with(evidence.remote));
    }
    if (evidence.certificate) {
      EXPECT_FALSE(through) << id(evidence.certificate->reason);
    }
    if (decision.verdict == Verdict::kWouldReject) {
      EXPECT_TRUE(observes(config, evidence.remote));
      EXPECT_FALSE(info(decision.refusal->reason).always_enforced);
      for (const auto& other : decision.further)
        EXPECT_FALSE(info(other.reason).always_enforced) << id(other.reason);
    }
  }
}

// `portcullis explain` tells of both modes by asking about one.
TEST_P(PolicySeeds, TheVerdictUnderAnotherModeIsThatOfAConfigurationInThatMode) {
  Generator generator(GetParam() + 300);
  for (int round = 0; round < 1'000; ++round) {
    const auto config = generator.config();
    const auto evidence = generator.evidence();
    const auto decision = certificate_gate(config, evidence, kNow);
    for (const auto mode : {Mode::kObserve, Mode::kEnforce}) {
      auto other = config;
      other.s2s.settings.mode = mode;
      for (auto& rule : other.s2s.rules) rule.settings.mode = mode;
      EXPECT_EQ(name(verdict_under(mode, decision)),
                name(certificate_gate(other, evidence, kNow).verdict));
    }
  }
}

TEST_P(PolicySeeds, EveryPolicyCanBeExplained) {
  Generator generator(GetParam() + 200);
  for (int round = 0; round < 500; ++round) {
    const auto config = generator.config();
    const auto remote = generator.evidence().remote;
    const auto policy = remote_policy(config, remote, kNow);
    const auto told = explain_domain(config, remote, kNow);
    EXPECT_EQ(told.won ? told.won->pattern : "", policy.pattern);
    EXPECT_EQ(told.federation.denied, policy.denied);
    EXPECT_EQ(told.exception && told.exception->applied, policy.exception != nullptr);
    EXPECT_FALSE(lines(told).empty());
  }
}

}  // namespace
}  // namespace portcullis::policy
