// [s2s], its rules and its exceptions: what is read, and what a rule takes from where.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/load/setting_texts.h"
#include "policy/model/spki_pin.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config good(const std::string& more) {
  auto loaded = load_least_and(more);
  EXPECT_THAT(texts(loaded), IsEmpty());
  return std::move(loaded.config).value();
}

SpkiPin pin(std::string_view quoted) {
  return parse_pin(quoted.substr(1, quoted.size() - 2)).value();
}

constexpr std::string_view kEverySetting = R"(min_tls = "1.3"
auth = ["pin", "pkix"]
dialback = "certified"
client_certificate = "required"
roots = "/r.pem"
x509_strict = false
min_rsa_bits = 3072
curves = ["P-384", "Ed25519"]
signatures = ["sha512"]
max_chain = 0
revocation = "crl-hard"
crls = ["/a.pem", "/crl/*.pem"]
must_staple = "off"
)";

S2sSettings every_setting() {
  S2sSettings settings;
  settings.min_tls = TlsVersion::kTls13;
  settings.auth.pkix = true;
  settings.auth.pin = true;
  settings.dialback = Dialback::kCertified;
  settings.roots = "/r.pem";
  settings.x509_strict = false;
  settings.min_rsa_bits = 3072;
  settings.curves = {false, true, false, true, false};
  settings.signatures = {false, false, true, false};
  settings.max_chain = 0;
  settings.revocation = Revocation::kCrlHard;
  settings.crls = {"/a.pem", "/crl/*.pem"};
  settings.must_staple = false;
  return settings;
}

TEST(S2sTable, ReadsEverySetting) {
  EXPECT_EQ(good("[s2s]\ntls = \"required\"\n" + std::string(kEverySetting)).s2s.settings,
            every_setting());
}

TEST(S2sTable, WithoutItHoldsWhatIsDefault) {
  EXPECT_EQ(good("").s2s.settings, S2sSettings());
  EXPECT_EQ(good("[s2s]\n").s2s.settings, S2sSettings());
}

TEST(S2sTable, BeginsWithTheModeOfPolicyWhereverThatStands) {
  EXPECT_EQ(good("[s2s]\n[policy]\nmode = \"observe\"\n").s2s.settings.mode, Mode::kObserve);
  EXPECT_EQ(good("[policy]\nmode = \"observe\"\n").s2s.settings.mode, Mode::kObserve);
  EXPECT_EQ(good("").s2s.settings.mode, Mode::kEnforce);
}

TEST(Rule, ReadsEverySetting) {
  auto expected = every_setting();
  expected.mode = Mode::kObserve;
  expected.pins = {pin(kPinA), pin(kPinB)};
  const auto config = good(
      "[[s2s.rule]]\nmatch = [\"B.Example.\", \"*.b\u00fccher.example\"]\nnote = \"n\"\n"
      "mode = \"observe\"\npins = [" +
      std::string(kPinA) + ", " + std::string(kPinB) + "]\n" + std::string(kEverySetting));
  ASSERT_EQ(config.s2s.rules.size(), 1U);
  const auto& rule = config.s2s.rules[0];
  EXPECT_THAT(rule.match, ElementsAre("b.example", "*.xn--bcher-kva.example"));
  EXPECT_EQ(rule.note, "n");
  EXPECT_EQ(rule.path, "s2s.rule[0]");
  EXPECT_EQ(rule.settings, expected);
}

// Whatever [s2s] says holds in a rule that does not say it, wherever in the file [s2s] stands.
TEST(Rule, TakesWhatItDoesNotSayFromS2sAndNeverFromAnotherRule) {
  const std::string rules =
      "[[s2s.rule]]\nmatch = [\"b.example\"]\nmax_chain = 1\nmode = \"observe\"\n"
      "[[s2s.rule]]\nmatch = [\"c.example\"]\nmin_tls = \"1.3\"\n";
  const std::string base = "[s2s]\nmin_rsa_bits = 4096\nroots = \"/r.pem\"\n";
  for (const auto& text : {base + rules, rules + base}) {
    const auto config = good(text);
    ASSERT_EQ(config.s2s.rules.size(), 2U);
    S2sSettings first = config.s2s.settings;
    EXPECT_EQ(first.min_rsa_bits, 4096);
    first.max_chain = 1;
    first.mode = Mode::kObserve;
    EXPECT_EQ(config.s2s.rules[0].settings, first);
    S2sSettings second = config.s2s.settings;
    second.min_tls = TlsVersion::kTls13;
    EXPECT_EQ(config.s2s.rules[1].settings, second);
  }
}

TEST(Rule, TakesItsModeFromPolicy) {
  const auto config = good(
      "[[s2s.rule]]\nmatch = [\"b.example\"]\nmax_chain = 1\n"
      "[[s2s.rule]]\nmatch = [\"c.example\"]\nmode = \"enforce\"\n"
      "[policy]\nmode = \"observe\"\n");
  EXPECT_EQ(config.s2s.rules[0].settings.mode, Mode::kObserve);
  EXPECT_EQ(config.s2s.rules[1].settings.mode, Mode::kEnforce);
}

TEST(Rule, CanEmptyAListThatS2sFills) {
  const auto config = good(
      "[s2s]\ncrls = [\"/a.pem\"]\n"
      "[[s2s.rule]]\nmatch = [\"b.example\"]\ncrls = []\n"
      "[[s2s.rule]]\nmatch = [\"c.example\"]\ncrls = [\"/b.pem\"]\n");
  EXPECT_THAT(config.s2s.rules[0].settings.crls, IsEmpty());
  EXPECT_THAT(config.s2s.rules[1].settings.crls, ElementsAre("/b.pem"));
}

TEST(Exception, IsRead) {
  using namespace std::chrono;
  const auto config = good(
      "[[s2s.exception]]\ndomain = \"Slow.Example\"\nallow = [\"expired\", "
      "\"self_signed\"]\nuntil = 2027-01-15\nwhy = \"w\"\npins = [" +
      std::string(kPinA) + "]\n");
  ASSERT_EQ(config.s2s.exceptions.size(), 1U);
  const auto& exception = config.s2s.exceptions[0];
  EXPECT_EQ(exception.domain.text(), "slow.example");
  EXPECT_THAT(exception.allow, ElementsAre(Reason::kExpired, Reason::kSelfSigned));
  EXPECT_THAT(exception.pins, ElementsAre(pin(kPinA)));
  EXPECT_EQ(exception.until, sys_days(2027y / January / 15));
  EXPECT_EQ(exception.why, "w");
  EXPECT_EQ(exception.path, "s2s.exception[0]");
}

TEST(OtherTables, AreRead) {
  const auto config = good(
      "[policy]\nmode = \"observe\"\nmax_exception_days = 10\nforward_secrecy = false\n"
      "[federation]\nlocal_only = [\"A.example\"]\n"
      "[c2s]\nmode = \"enforce\"\ntls = \"required\"\nclient_certificate = \"request\"\n"
      "client_roots = \"/c.pem\"\n");
  EXPECT_EQ(config.mode, Mode::kObserve);
  EXPECT_EQ(config.max_exception_days, 10U);
  EXPECT_FALSE(config.forward_secrecy);
  ASSERT_EQ(config.federation.local_only.size(), 1U);
  EXPECT_TRUE(config.is_local_only(config.hosts[0].domain));
  EXPECT_EQ(config.c2s.mode, Mode::kEnforce);
  EXPECT_EQ(config.c2s.client_certificate, ClientCertificate::kRequest);
  EXPECT_EQ(config.c2s.client_roots, "/c.pem");
  EXPECT_EQ(good("[policy]\nmode = \"observe\"\n").c2s.mode, Mode::kObserve);
}

// What `explain` shows could stand in the file.
TEST(SettingTexts, AreReadAsWhatTheyWereWrittenFrom) {
  auto all = every_setting();
  all.mode = Mode::kObserve;
  all.pins = {pin(kPinA), pin(kPinB)};
  for (const auto& settings : {S2sSettings(), all}) {
    std::string rule = "[[s2s.rule]]\nmatch = [\"b.example\"]\n";
    for (const auto& [key, text] : setting_texts(settings))
      if (key != "tls") rule += std::string(key) + " = " + text + "\n";
    const auto loaded = load_least_and(rule);
    ASSERT_TRUE(loaded.config) << rule << testing::PrintToString(texts(loaded));
    EXPECT_EQ(loaded.config->s2s.rules.at(0).settings, settings) << rule;
  }
}

TEST(OtherTables, TheControlSocketIsAPath) {
  std::string toml(kLeast);
  toml.replace(toml.find("s2s ="), 0, "control = \"/run/p.sock\"\n");
  const auto loaded = load_text(toml);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->listen.control, "/run/p.sock");
  toml = kLeast;
  toml.replace(toml.find("s2s ="), 0, "control = \"/" + std::string(107, 'x') + "\"\n");
  EXPECT_THAT(texts(load_text(toml)),
              ElementsAre("p.toml:3:11: error: listen.control has more than 107 octets, which no "
                          "socket can have; choose a shorter path"));
}

TEST(Lines, AreThoseOfTheFile) {
  const auto config = good(
      "[s2s]\nmin_tls = \"1.2\"\n"
      "[[s2s.rule]]\nmatch = [\n\"b.example\",\n\"c.example\"]\nmax_chain = 1\n");
  EXPECT_EQ(config.file, "p.toml");
  EXPECT_EQ(config.lines.at("version").line, 1U);
  EXPECT_EQ(config.lines.at("s2s.min_tls").line, 13U);
  EXPECT_EQ(config.lines.at("s2s.rule[0]").line, 14U);
  EXPECT_EQ(config.lines.at("s2s.rule[0].match[0]").line, 16U);
  EXPECT_EQ(config.lines.at("s2s.rule[0].match[1]").line, 17U);
  EXPECT_EQ(config.lines.at("s2s.rule[0].max_chain").line, 18U);
  EXPECT_EQ(config.lines.count("s2s.max_chain"), 0U);
  EXPECT_EQ(config.lines.count("s2s.rule[0].min_tls"), 0U);
}

}  // namespace
}  // namespace portcullis::policy
