// Every check of rules and exceptions: the only finding, octet by octet; and what passes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Row {
  std::string more;      // from line 12 on
  std::string expected;  // behind "p.toml:"
};

class Finding : public testing::TestWithParam<Row> {};

TEST_P(Finding, IsTheOnlyOne) {
  const auto loaded = load_least_today(GetParam().more);
  EXPECT_THAT(texts(loaded), ElementsAre("p.toml:" + GetParam().expected)) << GetParam().more;
  EXPECT_EQ(loaded.config.has_value(),
            GetParam().expected.find(": warning: ") != std::string::npos);
}

class Fine : public testing::TestWithParam<std::string> {};

TEST_P(Fine, PassesWithoutAFinding) {
  const auto loaded = load_least_today(GetParam());
  EXPECT_THAT(texts(loaded), IsEmpty()) << GetParam();
  EXPECT_TRUE(loaded.config);
}

std::string rule(const std::string& match, const std::string& rest) {
  return "[[s2s.rule]]\nmatch = [" + match + "]\n" + rest + "\n";
}

const std::string kOnePin = "pins = [" + std::string(kPinA) + "]";
const std::string kTwoPins = "pins = [" + std::string(kPinA) + ", " + std::string(kPinB) + "]";
const std::string kB = R"("b.example")";
const std::string kMayBeWaived =
    "tls_version_too_low, self_signed, untrusted_issuer, missing_intermediate, expired, "
    "not_yet_valid, chain_expired, wrong_purpose, name_missing, name_mismatch, weak_key, "
    "weak_signature, revocation_unknown";

const std::vector<Row> kRules{
    {rule(kB + ", \"B.example.\"", "max_chain = 1"),
     "13:23: error: \"b.example\" stands in s2s.rule.match already, see line 13; remove one"},
    {rule("\"*.b.example\"", "max_chain = 1") + rule("\"*.b.example\"", "max_chain = 2"),
     "16:10: error: \"*.b.example\" stands in s2s.rule.match already, see line 13; remove one"},
    {rule(kB, "max_chain = 1") + "[federation]\ndeny = [" + kB + "]\n",
     "13:10: error: \"b.example\" is in federation.deny (line 16), which wins over the rule; "
     "remove one"},
    {rule("\"a.b.example\"", "max_chain = 1") + "[federation]\ndeny = [\"*.example\"]\n",
     "13:10: warning: \"a.b.example\" is denied by \"*.example\" (line 16), which wins over the "
     "rule"},
    {rule("\"*.a.b.example\"", "max_chain = 1") + "[federation]\ndeny = [\"*.b.example\"]\n",
     "13:10: warning: \"*.a.b.example\" is denied by \"*.b.example\" (line 16), which wins over "
     "the rule"},
    {rule(kB, "note = \"n\""),
     "12:1: warning: the rule demands what holds without it; remove it, or give it a setting of "
     "its own"},
    {rule(kB, "min_tls = \"1.2\"\nmode = \"enforce\""),
     "12:1: warning: the rule demands what holds without it; remove it, or give it a setting of "
     "its own"},
    {rule("", "max_chain = 1"),
     "13:9: error: s2s.rule.match is empty; name the domains that the rule is for"},
    {"[[s2s.rule]]\nmax_chain = 1\n", "12:1: error: s2s.rule.match is missing"},
    {rule("\"*\"", "max_chain = 1"),
     "13:10: error: s2s.rule.match \"*\" is every domain; set federation.default instead"},
    {"[s2s]\nmin_tls = \"1.3\"\n" + rule(kB, "min_tls = \"1.2\""),
     "16:11: error: s2s.rule.min_tls is below s2s.min_tls (line 13): a floor can only rise; raise "
     "it or remove it"},
    {rule(kB, "min_rsa_bits = 2048") + "[s2s]\nmin_rsa_bits = 4096\n",
     "14:16: error: s2s.rule.min_rsa_bits is below s2s.min_rsa_bits (line 16): a floor can only "
     "rise; raise it or remove it"},
    {"[s2s]\nmin_rsa_bits = 2047",
     "13:16: error: s2s.min_rsa_bits must be at least 2048: the floor can only rise"},
    {rule(kB, "min_rsa_bits = 16385"),
     "14:16: error: s2s.rule.min_rsa_bits must be from 2048 to 16384"},
    {rule(kB, "min_tls = \"1.1\""),
     "14:11: error: s2s.rule.min_tls cannot be \"1.1\"; allowed: \"1.2\", \"1.3\"; the floor can "
     "only rise"},
    {rule(kB, "tls = \"required\""),
     "14:1: error: unknown key \"tls\" in [s2s.rule]; it belongs into [s2s] or into [c2s]"},
    {rule(kB, "min_rsa_bit = 3072"),
     "14:1: error: unknown key \"min_rsa_bit\" in [s2s.rule]; did you mean \"min_rsa_bits\"?"},
    {"[s2s.rule]\nmatch = [" + kB + "]\n", "12:1: error: s2s.rule must be written [[s2s.rule]]"},
};
INSTANTIATE_TEST_SUITE_P(Rules, Finding, testing::ValuesIn(kRules));

const std::vector<Row> kTrust{
    {"[s2s]\nauth = [\"pin\"]",
     "13:8: error: s2s.auth cannot be [\"pin\"] alone, as pins belong to a [[s2s.rule]]; add "
     "\"pkix\", or say auth in the rules"},
    {"[s2s]\nauth = []", "13:8: error: s2s.auth is empty; allowed: pkix, pin"},
    {"[s2s]\nauth = [\"dane\", \"pkix\"]",
     "13:9: error: s2s.auth cannot be \"dane\": reserved, not built yet; allowed: \"pkix\", "
     "\"pin\""},
    {rule(kB, "auth = [\"posh\"]"),
     "14:9: error: s2s.rule.auth cannot be \"posh\": reserved, not built yet; allowed: \"pkix\", "
     "\"pin\""},
    {rule(kB, "auth = [\"pin\"]"),
     "14:8: error: s2s.rule.auth is [\"pin\"], but there are no pins for \"b.example\"; add pins = "
     "[\"spki-sha256:...\"]"},
    {rule("\"*.onion\", " + kB, "auth = [\"pin\"]\npins = []"),
     "14:8: error: s2s.rule.auth is [\"pin\"], but there are no pins for \"b.example\"; add pins = "
     "[\"spki-sha256:...\"]"},
    {rule(kB, "auth = [\"pkix\", \"pin\"]"),
     "14:8: warning: \"pin\" has no effect in s2s.rule.auth without pins"},
    {rule(kB, "auth = [\"pin\"]\n" + kOnePin),
     "15:8: warning: s2s.rule.pins holds one key only; add that of a spare one, or a new key on "
     "their side ends federation"},
    {rule(kB, kTwoPins), "14:8: warning: s2s.rule.pins has no effect: auth does not hold \"pin\""},
    {rule(kB, "auth = [\"pin\"]\npins = [\"spki-sha256:AAAA\"]"),
     "15:9: error: s2s.rule.pins \"spki-sha256:AAAA\" is no pin: write spki-sha256: and the base64 "
     "of 32 octets"},
    {rule(kB, "auth = [\"pin\"]\npins = [1]"),
     "15:9: error: s2s.rule.pins must be a string such as \"spki-sha256:...\", found an integer"},
    {"[s2s]\npins = []",
     "13:1: error: unknown key \"pins\" in [s2s]; it belongs into [s2s.rule] "
     "or into [s2s.exception]"},
    {"[s2s]\nrevocation = \"crl-hard\"",
     "13:14: warning: \"crl-hard\" without crls refuses every certificate; name the lists in crls"},
    {"[s2s]\nrevocation = \"off\"\ncrls = [\"a.pem\"]",
     "14:8: warning: crls has no effect while revocation is \"off\""},
    {"[s2s]\ncrls = [\"*/a.pem\"]",
     "13:9: error: s2s.crls may hold \"*\" only as its last part, \"*.pem\""},
    {"[s2s]\ncrls = [\"a*.pem\"]",
     "13:9: error: s2s.crls may hold \"*\" only as its last part, \"*.pem\""},
    {"[s2s]\ncurves = [\"P-192\"]",
     "13:11: error: s2s.curves cannot be \"P-192\"; allowed: \"P-256\", \"P-384\", \"P-521\", "
     "\"Ed25519\", \"Ed448\""},
    {"[s2s]\nsignatures = [\"sha1\"]",
     "13:15: error: s2s.signatures cannot be \"sha1\"; allowed: \"sha256\", \"sha384\", "
     "\"sha512\", \"eddsa\""},
    {"[s2s]\nmax_chain = 10", "13:13: error: s2s.max_chain must be from 0 to 9"},
    {"[s2s]\ntls = \"optional\"",
     "13:7: error: s2s.tls cannot be \"optional\"; allowed: \"required\""},
    {"[s2s]\nclient_certificate = \"off\"",
     "13:22: error: s2s.client_certificate cannot be \"off\"; allowed: \"required\""},
    {"[s2s]\ndialback = \"allow\"",
     "13:12: error: s2s.dialback cannot be \"allow\"; allowed: \"refuse\", \"certified\""},
    {"[s2s]\nmust_staple = true",
     "13:15: error: s2s.must_staple must be a string, one of \"off\", \"honour\", found true or "
     "false"},
};
INSTANTIATE_TEST_SUITE_P(Trust, Finding, testing::ValuesIn(kTrust));

std::string exception(const std::string& domain, const std::string& allow,
                      const std::string& until = "2027-01-15", const std::string& rest = "") {
  return "[[s2s.exception]]\ndomain = \"" + domain + "\"\nallow = [" + allow +
         "]\nuntil = " + until + "\nwhy = \"w\"\n" + rest + "\n";
}

const std::string kExpired = R"("expired")";

const std::vector<Row> kExceptions{
    {"[[s2s.exception]]\nallow = [\"expired\"]\nuntil = 2027-01-15\nwhy = \"w\"",
     "12:1: error: s2s.exception.domain is missing"},
    {"[[s2s.exception]]\ndomain = \"b.example\"\nuntil = 2027-01-15\nwhy = \"w\"",
     "12:1: error: s2s.exception.allow is missing"},
    {"[[s2s.exception]]\ndomain = \"b.example\"\nallow = [\"expired\"]\nwhy = \"w\"",
     "12:1: error: s2s.exception.until is missing"},
    {"[[s2s.exception]]\ndomain = \"b.example\"\nallow = [\"expired\"]\nuntil = 2027-01-15",
     "12:1: error: s2s.exception.why is missing"},
    {"[[s2s.exception]]\ndomain = \"b.example\"\nallow = [\"expired\"]\nuntil = 2027-01-15\nwhy = "
     "\"\"",
     "16:7: error: s2s.exception.why is empty; say why, for whoever reads it later"},
    {exception("b.example", ""),
     "14:9: error: s2s.exception.allow is empty; name the reasons that are waived"},
    {exception("*.b.example", kExpired),
     "13:10: error: s2s.exception.domain \"*.b.example\" is no domain name: a label is empty, too "
     "long, or not letters, digits and '-'"},
    {exception("b.example", kExpired, "\"2027-01-15\""),
     "15:9: error: s2s.exception.until must be a date such as 2027-01-15, without quotes, found a "
     "string"},
    {exception("b.example", kExpired, "2027-01-15T00:00:00Z"),
     "15:9: error: s2s.exception.until must be a date such as 2027-01-15, without quotes, found a "
     "date or time"},
    {exception("b.example", kExpired, "2026-11-20"),
     "15:9: error: the exception ended on 2026-11-20; remove it or set a new date"},
    {exception("b.example", kExpired, "2027-02-20"),
     "15:9: error: s2s.exception.until is further ahead than policy.max_exception_days allows; "
     "2027-02-19 is the last day possible now"},
    {"[policy]\nmax_exception_days = 10\n" + exception("b.example", kExpired, "2026-12-02"),
     "17:9: error: s2s.exception.until is further ahead than policy.max_exception_days allows; "
     "2026-12-01 is the last day possible now"},
    {exception("b.example", "\"expird\""),
     "14:10: error: s2s.exception.allow \"expird\" is no reason; did you mean \"expired\"?"},
    {exception("b.example", "\"everything\""),
     "14:10: error: s2s.exception.allow \"everything\" is no reason; may be waived: " +
         kMayBeWaived},
    {exception("b.example", "\"revoked\""),
     "14:10: error: s2s.exception.allow \"revoked\" cannot be waived; may be waived: " +
         kMayBeWaived},
    {exception("b.example", "\"address_spoofed\""),
     "14:10: error: s2s.exception.allow \"address_spoofed\" cannot be waived; may be waived: " +
         kMayBeWaived},
    {exception("b.example", "\"expired\", \"self_signed\""),
     "14:21: error: \"self_signed\" may be waived only with pins, or anybody could be that domain; "
     "add pins = [\"spki-sha256:...\"] to the exception"},
    {exception("b.example", "\"name_mismatch\"", "2027-01-15", "pins = []"),
     "14:10: error: \"name_mismatch\" may be waived only with pins, or anybody could be that "
     "domain; add pins = [\"spki-sha256:...\"] to the exception"},
    {exception("b.example", kExpired, "2027-01-15", kOnePin),
     "17:8: warning: s2s.exception.pins has no effect: no reason in allow needs it"},
    {exception("b.example", kExpired) + exception("B.example", "\"weak_key\""),
     "19:10: error: \"b.example\" has an exception already, see line 13; put both into one"},
    {"[policy]\nmax_exception_days = 0",
     "13:22: error: policy.max_exception_days must be from 1 to 366"},
};
INSTANTIATE_TEST_SUITE_P(Exceptions, Finding, testing::ValuesIn(kExceptions));

const std::string kGoodOnion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd";

const std::vector<Row> kOthers{
    {"[federation]\nlocal_only = [\"b.example\"]",
     "13:15: error: \"b.example\" in federation.local_only is not served here; name a domain or "
     "alias of a [[host]]"},
    {"[federation]\nlocal_only = [\"a.example\", \"A.example\"]",
     "13:28: error: \"a.example\" stands in federation.local_only already, see line 13; remove "
     "one"},
    {"[federation]\nlocal_only = [\"*.a.example\"]",
     "13:15: error: federation.local_only \"*.a.example\" is no domain name: a label is empty, too "
     "long, or not letters, digits and '-'"},
    {"[c2s]\nclient_certificate = \"required\"",
     "13:22: error: client certificates are asked for, but c2s.client_roots does not say who may "
     "issue them; name a PEM file"},
    {"[c2s]\nclient_certificate = \"request\"\nclient_roots = \"\"",
     "13:22: error: client certificates are asked for, but c2s.client_roots does not say who may "
     "issue them; name a PEM file"},
    {"[c2s]\nclient_roots = \"c.pem\"",
     "13:16: warning: c2s.client_roots has no effect while client_certificate is \"off\""},
    {"[c2s]\nmode = \"off\"",
     "13:8: error: c2s.mode cannot be \"off\"; allowed: \"observe\", \"enforce\""},
    {"[c2s]\ntls = \"off\"", "13:7: error: c2s.tls cannot be \"off\"; allowed: \"required\""},
    {rule("\"" + kGoodOnion.substr(1) + ".onion\"", "max_chain = 1"),
     "13:10: error: s2s.rule.match \"" + kGoodOnion.substr(1) +
         ".onion\" is no onion service: before .onion stand 56 of a to z and 2 to 7, version 3"},
    {rule("\"1" + kGoodOnion.substr(1) + ".onion\"", "max_chain = 1"),
     "13:10: error: s2s.rule.match \"1" + kGoodOnion.substr(1) +
         ".onion\" is no onion service: before .onion stand 56 of a to z and 2 to 7, version 3"},
    {rule("\"" + kGoodOnion.substr(0, 55) + "c.onion\"", "max_chain = 1"),
     "13:10: error: s2s.rule.match \"" + kGoodOnion.substr(0, 55) +
         "c.onion\" is no onion service: before .onion stand 56 of a to z and 2 to 7, version 3"},
    {exception("expyuzz4wqqyqhjn.onion", kExpired),
     "13:10: error: s2s.exception.domain \"expyuzz4wqqyqhjn.onion\" is no onion service: before "
     ".onion stand 56 of a to z and 2 to 7, version 3"},
};
INSTANTIATE_TEST_SUITE_P(Others, Finding, testing::ValuesIn(kOthers));

INSTANTIATE_TEST_SUITE_P(
    All, Fine,
    testing::Values(rule("\"b.example\", \"*.b.example\"", "max_chain = 1"),
                    rule(kB, "max_chain = 1") +
                        "[federation]\ndeny = [\"*.b.example\", \"a.b.example\"]\n",
                    rule(kB, "mode = \"observe\""),
                    "[policy]\nmode = \"observe\"\n" + rule(kB, "mode = \"enforce\""),
                    "[s2s]\nmin_tls = \"1.3\"\nmin_rsa_bits = 3072\n" +
                        rule(kB, "min_rsa_bits = 3072\nmax_chain = 1"),
                    "[s2s]\nauth = [\"pkix\", \"pin\"]\n" + rule(kB, kTwoPins),
                    rule(kB, "auth = [\"pin\"]\n" + kTwoPins),
                    rule("\"*.onion\"", "auth = [\"pin\"]\npins = []"),
                    rule("\"*.onion\"", "auth = [\"pin\"]"),
                    rule("\"" + kGoodOnion + ".onion\", \"*." + kGoodOnion + ".onion\", \"x." +
                             kGoodOnion + ".onion\"",
                         "max_chain = 1"),
                    "[s2s]\nrevocation = \"crl-hard\"\ncrls = [\"crl/*.pem\"]\n",
                    exception("b.example", kExpired, "2026-11-21"),
                    exception("b.example", kExpired, "2027-02-19"),
                    exception("b.example", "\"self_signed\"", "2027-01-15", kOnePin),
                    exception("b.example", kExpired) + exception("c.example", kExpired),
                    "[federation]\nlocal_only = [\"A.example\"]\n",
                    "[c2s]\nclient_certificate = \"required\"\nclient_roots = \"c.pem\"\n"));

TEST(ExceptionThatIsOver, IsAWarningAtAColdStart) {
  const auto more = exception("b.example", kExpired, "2026-11-20");
  const auto loaded = load_least_today(more, true);
  EXPECT_TRUE(loaded.config);
  EXPECT_THAT(texts(loaded),
              ElementsAre("p.toml:15:9: warning: the exception ended on 2026-11-20 and is not "
                          "applied; remove it or set a new date"));
}

TEST(ExceptionThatIsOver, IsNotNoticedWithoutADate) {
  EXPECT_THAT(texts(load_least_and(exception("b.example", kExpired, "1999-01-01"))), IsEmpty());
  EXPECT_THAT(texts(load_least_and(exception("b.example", kExpired, "9999-01-01"))), IsEmpty());
}

TEST(AdminListener, IsIpv4) {
  std::string toml(kLeast);
  toml.replace(toml.find("s2s ="), 0, "admin = \"[::1]:9270\"\n");
  EXPECT_THAT(texts(load_text(toml)),
              ElementsAre("p.toml:3:9: error: listen.admin must be an IPv4 address: Debian's HTTP "
                          "library is built without IPv6; write for example \"127.0.0.1:9270\""));
}

TEST(OneRun, FindsEverythingInRulesAndExceptions) {
  const auto loaded = load_least_today(
      "[s2s]\nauth = [\"dane\"]\nmin_rsa_bits = 1024\n" + rule("\"*\"", "max_chain = -1\nfoo = 1") +
      "[[s2s.exception]]\ndomain = \"b_b.example\"\nallow = [\"revoked\"]\nuntil = 2020-01-01\n");
  EXPECT_THAT(texts(loaded),
              ElementsAre(HasSubstr(":13:9: error: s2s.auth cannot be \"dane\""),
                          HasSubstr(":14:16: error: s2s.min_rsa_bits"),
                          HasSubstr(":16:10: error: s2s.rule.match"),
                          HasSubstr(":17:13: error: s2s.rule.max_chain"),
                          HasSubstr(":18:1: error: unknown key \"foo\""),
                          HasSubstr(":19:1: error: s2s.exception.why is missing"),
                          HasSubstr(":20:10: error: s2s.exception.domain"),
                          HasSubstr(":21:10: error: s2s.exception.allow"),
                          HasSubstr(":22:9: error: the exception ended on 2020-01-01")));
}

}  // namespace
}  // namespace portcullis::policy
