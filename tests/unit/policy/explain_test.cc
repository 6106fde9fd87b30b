#include "policy/explain/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/load/config_keys.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using namespace std::chrono;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const sys_seconds kNow = sys_days(2026y / November / 21) + hours(13);

Config load(std::string_view more) {
  auto loaded = load_least_and(more);
  EXPECT_THAT(texts(loaded), IsEmpty());
  return std::move(loaded.config).value();
}

Explanation explain(const Config& config, std::string_view remote, sys_seconds now = kNow) {
  return explain_domain(config, DomainName::parse(remote).value(), now);
}

EffectiveValue value_of(const Explanation& explanation, std::string_view key) {
  const auto& values = explanation.values;
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const EffectiveValue& value) { return value.key == key; });
  if (found != values.end()) return *found;
  ADD_FAILURE() << "no value for " << key;
  return {};
}

constexpr std::string_view kRules = R"([s2s]
min_rsa_bits = 3072
[[s2s.rule]]
match = ["*.example", "b.example"]
min_tls = "1.3"
note = "contract"
[[s2s.rule]]
match = ["*.b.example"]
mode = "observe"
max_chain = 2
[[s2s.exception]]
domain = "b.example"
allow = ["expired", "weak_key"]
until = 2026-11-23
why = "ticket"
[federation]
deny = ["c.example", "*.d.example"]
)";

TEST(ExplainDomain, WithoutARuleIsS2s) {
  const auto explanation = explain(load(kRules), "other.invalid");
  EXPECT_FALSE(explanation.won);
  EXPECT_THAT(explanation.lost, IsEmpty());
  EXPECT_FALSE(explanation.exception);
  EXPECT_FALSE(explanation.federation.denied);
  EXPECT_EQ(explanation.federation.origin, "default");
  EXPECT_EQ(value_of(explanation, "min_tls").value, "\"1.2\"");
  EXPECT_EQ(value_of(explanation, "min_tls").origin, "default");
  EXPECT_EQ(value_of(explanation, "min_rsa_bits").value, "3072");
  EXPECT_EQ(value_of(explanation, "min_rsa_bits").origin, "p.toml:13");
}

TEST(ExplainDomain, NamesTheRuleAndWhereEachValueStands) {
  const auto explanation = explain(load(kRules), "b.example");
  ASSERT_TRUE(explanation.won);
  EXPECT_EQ(explanation.won->pattern, "b.example");
  EXPECT_EQ(explanation.won->origin, "p.toml:15");
  EXPECT_EQ(explanation.note, "contract");
  EXPECT_EQ(value_of(explanation, "min_tls").value, "\"1.3\"");
  EXPECT_EQ(value_of(explanation, "min_tls").origin, "p.toml:16");
  EXPECT_EQ(value_of(explanation, "min_rsa_bits").origin, "p.toml:13");
  EXPECT_EQ(value_of(explanation, "max_chain").origin, "default");
  EXPECT_EQ(value_of(explanation, "mode").value, "\"enforce\"");
  ASSERT_EQ(explanation.lost.size(), 1U);
  EXPECT_EQ(explanation.lost[0].pattern, "*.example");
}

TEST(ExplainDomain, NamesTheRulesThatAreLessNear) {
  const auto explanation = explain(load(kRules), "x.b.example");
  EXPECT_EQ(explanation.won->pattern, "*.b.example");
  EXPECT_EQ(value_of(explanation, "mode").value, "\"observe\"");
  EXPECT_EQ(value_of(explanation, "mode").origin, "p.toml:20");
  EXPECT_EQ(value_of(explanation, "min_tls").value, "\"1.2\"");
  ASSERT_EQ(explanation.lost.size(), 1U);
  EXPECT_EQ(explanation.lost[0].pattern, "*.example");
  EXPECT_EQ(explanation.lost[0].origin, "p.toml:15");
  EXPECT_FALSE(explanation.exception);
}

TEST(ExplainDomain, CountsTheDaysOfAnException) {
  const auto config = load(kRules);
  const auto today = explain(config, "b.example").exception;
  ASSERT_TRUE(today);
  EXPECT_TRUE(today->applied);
  EXPECT_EQ(today->days_left, 2);
  EXPECT_EQ(today->origin, "p.toml:22");
  EXPECT_THAT(today->allow, ElementsAre(Reason::kExpired, Reason::kWeakKey));
  const sys_seconds end = sys_days(2026y / November / 24);
  EXPECT_EQ(explain(config, "b.example", end - seconds(1)).exception->days_left, 0);
  EXPECT_TRUE(explain(config, "b.example", end - seconds(1)).exception->applied);
  EXPECT_EQ(explain(config, "b.example", end).exception->days_left, -1);
  EXPECT_FALSE(explain(config, "b.example", end).exception->applied);
}

TEST(ExplainDomain, SaysWhoDecidesAboutFederation) {
  const auto config = load(kRules);
  const auto exact = explain(config, "c.example").federation;
  EXPECT_TRUE(exact.denied);
  EXPECT_EQ(exact.pattern, "c.example");
  EXPECT_EQ(exact.origin, "p.toml:28");
  EXPECT_EQ(explain(config, "x.d.example").federation.pattern, "*.d.example");
  const auto closed = load("[federation]\ndefault = \"deny\"\nallow = [\"*.e.example\"]\n");
  const auto denied = explain(closed, "e.example").federation;
  EXPECT_TRUE(denied.denied);
  EXPECT_EQ(denied.pattern, "");
  EXPECT_EQ(denied.origin, "p.toml:13");
  const auto allowed = explain(closed, "x.e.example").federation;
  EXPECT_FALSE(allowed.denied);
  EXPECT_EQ(allowed.pattern, "*.e.example");
  EXPECT_EQ(allowed.origin, "p.toml:14");
}

// All of [s2s] but what is the same for everybody.
bool is_about_domains(const ConfigKey& key) {
  return key.table == "s2s" && key.name != "dialback_secret";
}

// Every key of [s2s] and of a rule has its value, in TOML that the loader takes for the same.
TEST(ExplainDomain, ValuesAreToml) {
  const auto config = load(
      "[s2s]\ncrls = [\"/a\\\"\\\\b.pem\"]\ncurves = [\"P-384\"]\n"
      "dialback = \"certified\"\nrevocation = \"crl-hard\"\n");
  const auto explanation = explain(config, "b.example");
  std::string again = "[s2s]\n";
  for (const auto& value : explanation.values)
    if (value.key != "mode" && value.key != "pins" && !value.key.starts_with("via"))
      again += value.key + " = " + value.value + "\n";
  EXPECT_EQ(load(again).s2s.settings, config.s2s.settings) << again;
  for (const auto& key : config_keys()) {
    if (is_about_domains(key)) {
      EXPECT_EQ(value_of(explanation, key.name).key, key.name);
    }
  }
}

TEST(ExplainDomain, DefaultsAreThoseOfTheTable) {
  const auto explanation = explain(load(""), "b.example");
  for (const auto& key : config_keys()) {
    if (is_about_domains(key)) {
      EXPECT_EQ(value_of(explanation, key.name).value, key.fallback) << key.name;
    }
  }
}

TEST(Lines, TellADomain) {
  const auto told = lines(explain(load(kRules), "b.example"));
  ASSERT_GE(told.size(), 9U);
  const std::vector<std::string> head(told.begin(), told.begin() + 8);
  EXPECT_THAT(head,
              ElementsAre("domain      b.example",  //
                          "federation  allowed by default (default)",
                          "rule        \"b.example\" (p.toml:15)", "            note: contract",
                          "            not \"*.example\" (p.toml:15), which is less near",
                          "exception   until 2026-11-23, 2 days left (p.toml:22)",
                          "            waives expired, weak_key", "            why: ticket"));
  EXPECT_THAT(told, Contains("min_tls            = \"1.3\"  (p.toml:16)"));
}

TEST(Lines, TellADomainInBothForms) {
  for (const auto* word : {"b\u00fccher.example", "xn--bcher-kva.example"}) {
    const auto told = lines(explain(load(""), word));
    ASSERT_GE(told.size(), 2U);
    EXPECT_EQ(told[0], "domain      xn--bcher-kva.example");
    EXPECT_EQ(told[1], "            b\u00fccher.example");
  }
}

TEST(Lines, TellADomainWithoutAnything) {
  const auto told = lines(explain(load(""), "b.example"));
  EXPECT_THAT(told, Contains("rule        none; [s2s] holds"));
  EXPECT_THAT(told, Contains("exception   none"));
}

}  // namespace
}  // namespace portcullis::policy
