#include "policy/decide/remote_policy.h"

#include <gtest/gtest.h>

#include <set>

namespace portcullis::policy {
namespace {

using namespace std::chrono;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

S2sRule rule(std::vector<std::string> match) {
  return {std::move(match), {}, {}, {}};
}

Config with_rules(std::vector<S2sRule> rules) {
  Config config;
  config.s2s.rules = std::move(rules);
  return config;
}

std::string_view pattern_for(const Config& config, std::string_view name) {
  return remote_policy(config, domain(name), {}).pattern;
}

TEST(RemotePolicy, WithoutARuleIsThatOfS2s) {
  const Config config = with_rules({rule({"b.example"})});
  const auto policy = remote_policy(config, domain("a.example"), {});
  EXPECT_EQ(policy.settings, &config.s2s.settings);
  EXPECT_EQ(policy.rule, nullptr);
  EXPECT_EQ(policy.pattern, "");
  EXPECT_EQ(policy.exception, nullptr);
  EXPECT_FALSE(policy.denied);
}

TEST(RemotePolicy, AWildcardIsEveryNameBelowAndNotTheNameItself) {
  const Config config = with_rules({rule({"*.b.example"})});
  EXPECT_EQ(pattern_for(config, "x.b.example"), "*.b.example");
  EXPECT_EQ(pattern_for(config, "y.x.b.example"), "*.b.example");
  EXPECT_EQ(pattern_for(config, "b.example"), "");
  EXPECT_EQ(pattern_for(config, "xb.example"), "");
  EXPECT_EQ(pattern_for(config, "b.example.other"), "");
}

TEST(RemotePolicy, TheExactNameIsNearerThanAnySuffixAndALongerSuffixThanAShorter) {
  const std::vector<S2sRule> rules{rule({"*.example"}), rule({"*.x.b.example", "x.b.example"}),
                                   rule({"*.b.example"})};
  for (const auto& order : {std::vector{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}}) {
    Config config;
    for (const auto i : order) config.s2s.rules.push_back(rules[static_cast<std::size_t>(i)]);
    EXPECT_EQ(pattern_for(config, "x.b.example"), "x.b.example");
    EXPECT_EQ(pattern_for(config, "y.x.b.example"), "*.x.b.example");
    EXPECT_EQ(pattern_for(config, "y.b.example"), "*.b.example");
    EXPECT_EQ(pattern_for(config, "b.example"), "*.example");
    EXPECT_EQ(pattern_for(config, "example"), "");
  }
}

TEST(RemotePolicy, TheExactNameIsNearerThanASuffixOfTheSameLength) {
  const Config config = with_rules({rule({"*.b.example"}), rule({"a.b.example"})});
  EXPECT_EQ(pattern_for(config, "a.b.example"), "a.b.example");
}

TEST(RemotePolicy, SaysWhoDenies) {
  Config config = with_rules({rule({"x.b.example"})});
  config.federation.deny = {"*.example", "*.b.example"};
  const auto policy = remote_policy(config, domain("x.b.example"), {});
  EXPECT_TRUE(policy.denied);
  EXPECT_EQ(policy.denied_by, "*.b.example");
  EXPECT_EQ(policy.pattern, "x.b.example");
  config.federation = {false, {"b.example"}, {}, {}};
  EXPECT_TRUE(remote_policy(config, domain("x.b.example"), {}).denied);
  EXPECT_EQ(remote_policy(config, domain("x.b.example"), {}).denied_by, "");
  EXPECT_FALSE(remote_policy(config, domain("b.example"), {}).denied);
}

class ExceptionEnd : public testing::Test {
 protected:
  ExceptionEnd() {
    config_.s2s.exceptions.push_back({domain("b.example"),
                                      {Reason::kExpired},
                                      {},
                                      sys_days(2027y / January / 15),
                                      "w",
                                      "s2s.exception[0]"});
  }
  bool holds(std::string_view name, sys_seconds now) const {
    return remote_policy(config_, domain(name), now).exception != nullptr;
  }
  Config config_;
};

TEST_F(ExceptionEnd, IsMidnightUtcAfterTheLastDay) {
  const sys_seconds midnight = sys_days(2027y / January / 16);
  EXPECT_TRUE(holds("b.example", sys_days(2027y / January / 15)));
  EXPECT_TRUE(holds("b.example", midnight - seconds(1)));
  EXPECT_FALSE(holds("b.example", midnight));
  EXPECT_FALSE(holds("b.example", midnight + years(100)));
}

TEST_F(ExceptionEnd, ConcernsOneDomainOnly) {
  const sys_seconds before = sys_days(2027y / January / 1);
  EXPECT_TRUE(holds("b.example", before));
  EXPECT_FALSE(holds("a.b.example", before));
  EXPECT_FALSE(holds("example", before));
}

// The column of waivers in the list of reasons.
TEST(Waiver, IsThatOfEveryReason) {
  const std::set<std::string_view> allowed{
      "tls_version_too_low", "expired",        "not_yet_valid",     "chain_expired", "weak_key",
      "wrong_purpose",       "weak_signature", "revocation_unknown"};
  const std::set<std::string_view> with_pins{
      "self_signed", "untrusted_issuer", "missing_intermediate", "name_missing", "name_mismatch"};
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = reason_at(i);
    const auto expected = allowed.contains(id(reason))     ? Waiver::kAllowed
                          : with_pins.contains(id(reason)) ? Waiver::kWithPins
                                                           : Waiver::kNever;
    EXPECT_EQ(info(reason).waiver, expected) << id(reason);
    if (info(reason).always_enforced) {
      EXPECT_EQ(info(reason).waiver, Waiver::kNever) << id(reason);
    }
  }
}

}  // namespace
}  // namespace portcullis::policy
