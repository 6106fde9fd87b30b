#include "proxy/report/exceptions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "policy/load/config_load.h"
#include "tests/support/source_tree.h"

namespace portcullis::report {
namespace {

using policy::Reason;
using std::chrono::days;
using std::chrono::sys_days;

constexpr sys_days kToday = std::chrono::year(2026) / std::chrono::November / 28;
constexpr std::string_view kPin = "spki-sha256:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=";
constexpr std::string_view kLeast = R"(version = 1
[local_ca]
directory = "ca"
[[host]]
domain = "legacy.example"
aliases = ["chat.legacy.example"]
certificates = [ { chain = "c.pem", key = "k.pem" } ]
[host.backend]
s2s = "127.0.0.1:15269"
certificate = "b.pem"
)";

std::string data(const std::string& name) {
  std::ifstream file(test::in_source_tree("tests/unit/report/data/" + name));
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

LogReader read(std::string_view log) {
  LogReader reader({{kToday, {}}, std::nullopt});
  reader.feed(log);
  reader.end_of_file();
  return reader;
}

std::string out(const std::string& domain, const std::string& rest) {
  return "event=decision kind=s2s_out found=srv tls=TLSv1.3 from=legacy.example to=" + domain +
         " verdict=would_reject " + rest + "\n";
}
std::string in(const std::string& domain, const std::string& rest) {
  return "event=decision kind=s2s_in tls=TLSv1.3 to=legacy.example from=" + domain +
         " verdict=would_reject " + rest + "\n";
}
std::string pinned(const std::string& reason) {
  return "reason=" + reason + " pin=" + std::string(kPin);
}

std::string exceptions(std::string_view log, const policy::Config* config = nullptr) {
  return exceptions_report(read(log), config, kToday + days(30));
}

policy::Loaded load(const std::string& more) {
  return policy::load_config(std::string(kLeast) + more, "p.toml",
                             policy::LoadContext{kToday, false});
}

// As `check` reads them behind a configuration: without an error or a warning.
std::vector<policy::S2sException> taken(const std::string& blocks, std::string_view before = "") {
  auto loaded = load(std::string(before) + blocks);
  for (const auto& finding : loaded.diagnostics) ADD_FAILURE() << finding.text() << blocks;
  return loaded.config ? loaded.config->s2s.exceptions : std::vector<policy::S2sException>();
}

TEST(Exceptions, AreAsAgreed) {
  EXPECT_EQ(exceptions(data("proved.log")), data("proved.toml"));
}

TEST(Exceptions, AreWhatCheckTakes) {
  const auto all = taken(exceptions(data("proved.log")));
  EXPECT_EQ(all.size(), 7U);
  for (const auto& one : all) EXPECT_EQ(one.until, kToday + days(30));
}

TEST(Exceptions, HaveTheKeyThatWasSeen) {
  const auto all = taken(exceptions(out("a.example", pinned("self_signed"))));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].domain.a_label(), "a.example");
  EXPECT_EQ(all[0].allow, std::vector{Reason::kSelfSigned});
  ASSERT_EQ(all[0].pins.size(), 1U);
  EXPECT_EQ(policy::pin_text(all[0].pins[0]), kPin);
}

// Somebody may have stood on the way then.
TEST(Exceptions, AKeyFromBeforeTheServerWasAcceptedIsNotTaken) {
  const auto at = [](std::string_view day, const std::string& line) {
    return "time=2026-06-" + std::string(day) + "T00:00:00.000Z level=notice " + line;
  };
  const std::string other = "reason=untrusted_issuer pin=spki-sha256:" + std::string(43, 'A') + "=";
  const std::string accepted =
      "event=decision kind=s2s_out found=srv tls=TLSv1.3 from=legacy.example to=a.example "
      "verdict=accepted\n";
  const auto all = taken(exceptions(at("01", out("a.example", pinned("self_signed"))) +
                                    at("02", accepted) + at("03", out("a.example", other))));
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].pins.size(), 1U);
  EXPECT_NE(policy::pin_text(all[0].pins[0]), kPin);
}

TEST(Exceptions, EveryReasonThatCanBeWaivedMakesOneThatIsTaken) {
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const auto reason = policy::reason_at(i);
    const auto& info = policy::info(reason);
    const auto log =
        "event=decision kind=s2s_out found=srv tls=TLSv1.2 to=a.example verdict=would_reject " +
        pinned(std::string(info.id)) + "\n";
    const auto all = taken(exceptions(log));
    EXPECT_EQ(all.size(), info.waiver == policy::Waiver::kNever ? 0U : 1U) << info.id;
  }
}

TEST(Exceptions, WithoutAKeyThereIsNoneThatNeedsOne) {
  const auto text = exceptions(out("a.example", "reason=self_signed"));
  EXPECT_TRUE(taken(text).empty());
  EXPECT_NE(text.find("# a.example: it needs the server's key"), std::string::npos) << text;
}

// A stranger who says that it is the bank's server would be let in with its own key.
TEST(Exceptions, AKeyThatCameWithAClaimIsNeverTaken) {
  const auto text = exceptions(in("bank.example", pinned("self_signed")));
  EXPECT_TRUE(taken(text).empty());
  EXPECT_EQ(text.find(kPin), std::string::npos);
  EXPECT_NE(text.find("# bank.example: nothing proves that it was this server"), std::string::npos);
}

TEST(Exceptions, ClaimsDoNotWidenWhatOurOwnCallsFound) {
  const std::string other = "spki-sha256:PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0=";
  const auto all = taken(exceptions(out("a.example", pinned("self_signed")) +
                                    in("a.example", "reason=weak_key pin=" + other)));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].allow, std::vector{Reason::kSelfSigned});
  EXPECT_EQ(all[0].pins.size(), 1U);
}

TEST(Exceptions, WhoOnlyCameGetsOneWhereTheChainIsGood) {
  const auto text = exceptions(in("a.example", pinned("expired")));
  EXPECT_EQ(taken(text).size(), 1U);
  EXPECT_NE(text.find("you have not called it"), std::string::npos);
}

TEST(Exceptions, AttacksAndImpossibleNamesAreLeftOut) {
  for (const std::string& line :
       {out("a.example", pinned("xml_restricted")), out("a.example", pinned("starttls_injection")),
        out("a.example", pinned("name_ambiguous")), in("\"a b\"", "reason=expired"),
        in("192.0.2.1", "reason=expired"), in("under_line.example", "reason=expired"),
        in("\"x\\u000a[[s2s.exception]]\"", "reason=expired")}) {
    const auto text = exceptions(line);
    EXPECT_TRUE(taken(text).empty()) << line;
    EXPECT_EQ(text.find("Without an exception"), std::string::npos) << text;
  }
}

TEST(Exceptions, ANameThatServersReadDifferentlyHasNone) {
  const auto text =
      exceptions(out("stra\xc3\x9f"
                     "e.example",
                     pinned("expired")));
  EXPECT_TRUE(taken(text).empty());
  EXPECT_NE(text.find("servers read its name as different domains"), std::string::npos) << text;
}

TEST(Exceptions, WhoSpeaksNoTls12HasNone) {
  const std::string log =
      "event=decision kind=s2s_out found=srv tls=TLSv1.1 to=a.example verdict=would_reject "
      "reason=tls_version_too_low\n";
  EXPECT_TRUE(taken(exceptions(log)).empty());
}

TEST(Exceptions, WhoWasAcceptedSinceHasNone) {
  const auto at = [](int hour, const std::string& rest) {
    return "time=2026-11-23T" + std::to_string(hour) + ":00:00Z " + rest;
  };
  const auto failed = out("a.example", "reason=expired");
  const std::string good =
      "event=decision kind=s2s_out found=srv from=legacy.example to=a.example verdict=accepted\n";
  EXPECT_TRUE(taken(exceptions(at(10, failed) + at(11, good))).empty());
  EXPECT_EQ(taken(exceptions(at(11, failed) + at(10, good))).size(), 1U);
}

TEST(Exceptions, RespectWhatTheConfigurationSays) {
  const std::string more = R"([federation]
deny = ["denied.example"]
[[s2s.exception]]
domain = "known.example"
allow = ["expired"]
until = 2026-12-01
why = "known"
)";
  const auto config = load(more);
  ASSERT_TRUE(config.config);
  std::string log;
  for (const std::string domain :
       {"denied.example", "known.example", "chat.legacy.example", "new.example"})
    log += out(domain, "reason=expired");
  const auto text = exceptions(log, &*config.config);
  EXPECT_EQ(taken(text, more).size(), 2U);  // the one that was there, and new.example
  for (const std::string why :
       {"# denied.example: [federation] excludes it.",
        "# known.example: it has an exception already, p.toml:14; change that one.",
        "# chat.legacy.example: it is a domain of yours."})
    EXPECT_NE(text.find(why), std::string::npos) << text;
}

}  // namespace
}  // namespace portcullis::report
