#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "policy/model/backend_kind.h"
#include "proxy/app/exit_code.h"
#include "tests/support/test_pki.h"
#include "tests/unit/app/command_line.h"

namespace portcullis::app {
namespace {

using nlohmann::json;
using std::chrono::days;
using test::command;

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ExplainReason, SaysWhatItMeansAndWhatToDo) {
  const auto done = command({"explain", "expired"});
  EXPECT_EQ(done.status, kFine);
  for (const std::string part : {"reason ", "meaning ", "told to them ", "told at home ",
                                 "observe mode ", "exception ", "remote admin ", "local operator ",
                                 "Your certificate expired[ on {date}]", "certificate-expired"})
    EXPECT_TRUE(holds(done.out, part)) << part << "\n" << done.out;
}

TEST(ExplainReason, KnowsEveryWordOfTheClosedList) {
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const std::string word(policy::id(policy::reason_at(i)));
    const auto done = command({"explain", word, "--json"});
    ASSERT_EQ(done.status, kFine) << word;
    const auto parsed = json::parse(done.out);
    EXPECT_EQ(parsed["schema"], 1);
    EXPECT_EQ(parsed["reason"], word);
    for (const char* key :
         {"meaning", "sentence", "at_home", "remote_admin", "local_operator", "waiver"})
      EXPECT_FALSE(parsed[key].get<std::string>().empty()) << word << " " << key;
  }
}

TEST(ExplainReason, ClassAndWaiverAreThoseOfThePolicy) {
  const auto hard = json::parse(command({"explain", "xml_invalid", "--json"}).out);
  EXPECT_EQ(hard["always_enforced"], true);
  EXPECT_EQ(hard["waiver"], "never");
  const auto soft = json::parse(command({"explain", "self_signed", "--json"}).out);
  EXPECT_EQ(soft["always_enforced"], false);
  EXPECT_EQ(soft["waiver"], "only with pins");
}

TEST(ExplainReason, AsksBackAfterASlip) {
  for (const auto& [word, meant] :
       {std::pair{"exipred", "expired"}, {"self-signed", "self_signed"}, {"revokd", "revoked"}}) {
    const auto done = command({"explain", word});
    EXPECT_EQ(done.status, kUsage) << word;
    EXPECT_TRUE(holds(done.err, "did you mean \"" + std::string(meant) + "\"?")) << done.err;
  }
}

TEST(ExplainKind, TellsWhatToChangeInTheServer) {
  for (const auto& kind : policy::backend_kinds()) {
    const auto done = command({"explain", std::string(kind.name)});
    EXPECT_EQ(done.status, kFine);
    EXPECT_TRUE(holds(done.out, "kind = \"" + std::string(kind.name) + "\"")) << done.out;
    EXPECT_TRUE(holds(done.out, std::to_string(kind.c2s_port))) << done.out;
    EXPECT_FALSE(holds(done.out, "{local_ca}")) << done.out;
    const auto parsed = json::parse(command({"explain", std::string(kind.name), "--json"}).out);
    EXPECT_EQ(parsed["kind"], kind.name);
    EXPECT_FALSE(parsed["hints"].empty());
  }
  EXPECT_EQ(command({"explain", "metronome"}).out, "");
}

TEST(ExplainReason, RefusesWhatIsNeitherReasonNorDomain) {
  for (const char* word : {"a b.example", "*.example", "192.0.2.1", "_xmpp.example", "a..b", ""}) {
    const auto done = command({"explain", word});
    EXPECT_EQ(done.status, kUsage) << word;
    EXPECT_TRUE(done.out.empty());
    EXPECT_FALSE(done.err.empty());
  }
}

// A configuration with files that are good today, whenever that is.
class ExplainDomain : public ::testing::Test {
 protected:
  static std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  test::CertificateSpec spec(const std::string& domain) const {
    auto made = test::leaf_spec(domain);
    made.from = now() - days(30);
    made.until = now() + days(60);
    return made;
  }
  std::string peer(const test::CertificateSpec& made) const {
    return directory_.write("peer.pem", test::pem(pki_.leaf(made).certificate.get()) +
                                            test::pem(pki_.intermediate().certificate.get()));
  }
  std::string config(const std::string& policy = "mode = \"enforce\"",
                     const std::string& more = "") const {
    const auto own = pki_.leaf(spec("legacy.example"));
    directory_.write("own.pem", test::pem(own.certificate.get()) +
                                    test::pem(pki_.intermediate().certificate.get()));
    directory_.write("own.key", test::pem(own.key.get()));
    directory_.write("roots.pem", test::pem(pki_.root().certificate.get()));
    return directory_.write("portcullis.toml",
                            "version = 1\n[listen]\nc2s = [\"127.0.0.1:15999\"]\n[[host]]\n"
                            "domain = \"legacy.example\"\n"
                            "certificates = [ { chain = \"own.pem\", key = \"own.key\" } ]\n"
                            "[host.backend]\nc2s = \"127.0.0.1:15998\"\n[policy]\n" +
                                policy + "\n[s2s]\nroots = \"roots.pem\"\n" + more);
  }
  static test::CommandResult explain(const std::string& file,
                                     const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"explain", "-c", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return command(arguments);
  }

  test::TestPki pki_;
  test::TempDir directory_;
};

TEST_F(ExplainDomain, SaysWhatIsDemandedAndWhereThatStands) {
  const auto file = config("mode = \"observe\"",
                           "[[s2s.rule]]\nmatch = [\"*.bank.example\"]\nmin_tls = \"1.3\"\n");
  const auto done = explain(file, {"www.bank.example"});
  EXPECT_EQ(done.status, kFine) << done.err;
  EXPECT_TRUE(holds(done.out, "\"*.bank.example\" (" + file + ":")) << done.out;
  EXPECT_TRUE(holds(done.out, "= \"1.3\"  (" + file + ":15)")) << done.out;
  EXPECT_TRUE(holds(done.out, "(default)"));
  EXPECT_TRUE(holds(done.out, "nothing but federation is judged")) << done.out;
  EXPECT_FALSE(holds(done.out, "verdict"));
}

TEST_F(ExplainDomain, AcceptsAGoodCertificateInBothDirections) {
  const auto done =
      explain(config(), {"peer.example", "--cert", peer(spec("peer.example")), "--json"});
  EXPECT_EQ(done.status, kFine) << done.out << done.err;
  const auto parsed = json::parse(done.out);
  EXPECT_EQ(parsed["certificate"]["count"], 2);
  EXPECT_EQ(parsed["local"], "legacy.example");
  ASSERT_EQ(parsed["verdicts"].size(), 2U);
  EXPECT_EQ(parsed["verdicts"][0]["direction"], "inbound");
  EXPECT_EQ(parsed["verdicts"][1]["direction"], "outbound");
  for (const auto& verdict : parsed["verdicts"]) {
    EXPECT_EQ(verdict["verdict"], "accepted");
    EXPECT_EQ(verdict["observe"], "accepted");
    EXPECT_FALSE(verdict.contains("reason"));
  }
}

TEST_F(ExplainDomain, SaysWhyABadOneIsRefusedInEitherMode) {
  auto expired = spec("peer.example");
  expired.until = now() - days(1);
  const auto certificate = peer(expired);
  for (const auto& [mode, verdict] :
       {std::pair{"enforce", "rejected"}, {"observe", "would_reject"}}) {
    const auto done = explain(config("mode = \"" + std::string(mode) + "\""),
                              {"peer.example", "--cert", certificate, "--json"});
    EXPECT_EQ(done.status, kRefusedByPolicy) << mode;
    const auto told = json::parse(done.out);
    ASSERT_EQ(told["verdicts"].size(), 2U);
    for (const auto& each : told["verdicts"]) {
      EXPECT_EQ(each["verdict"], verdict);
      EXPECT_EQ(each["enforce"], "rejected");
      EXPECT_EQ(each["observe"], "would_reject");
      EXPECT_EQ(each["reason"], "expired");
      EXPECT_EQ(each["depth"], 0);
      EXPECT_TRUE(holds(each["text"], "Your certificate expired on"));
    }
  }
}

TEST_F(ExplainDomain, TextHasTheSentenceThatTheRemoteAdminReads) {
  const auto done = explain(config("contact = \"xmpp:me@legacy.example\""),
                            {"other.example", "--cert", peer(spec("peer.example"))});
  EXPECT_EQ(done.status, kRefusedByPolicy);
  EXPECT_TRUE(holds(done.out, "inbound, other.example to legacy.example:")) << done.out;
  EXPECT_TRUE(holds(done.out, "outbound, legacy.example to other.example:"));
  EXPECT_TRUE(holds(done.out, "reason      name_mismatch, in the server's own certificate"));
  EXPECT_TRUE(holds(done.out, "they read   Your certificate is not for other.example"));
  EXPECT_TRUE(holds(done.out, "Contact: xmpp:me@legacy.example"));
  EXPECT_TRUE(holds(done.out, "we read     The certificate of other.example is not for"));
}

TEST_F(ExplainDomain, UsesTheRuleOfTheDomain) {
  const auto file =
      config("mode = \"enforce\"", "[[s2s.rule]]\nmatch = [\"peer.example\"]\nmin_tls = \"1.3\"\n");
  const auto certificate = peer(spec("peer.example"));
  const auto old = explain(file, {"peer.example", "--cert", certificate, "--tls", "1.2", "--json"});
  EXPECT_EQ(old.status, kRefusedByPolicy);
  EXPECT_EQ(json::parse(old.out)["verdicts"][0]["reason"], "tls_version_too_low");
  EXPECT_FALSE(json::parse(old.out)["verdicts"][0].contains("depth"));
  EXPECT_EQ(explain(file, {"peer.example", "--cert", certificate}).status, kFine);
}

TEST_F(ExplainDomain, CanAskAboutAnotherDay) {
  const auto certificate = peer(spec("peer.example"));
  EXPECT_EQ(
      explain(config(), {"peer.example", "--cert", certificate, "--at", "2035-01-01T00:00:00Z"})
          .status,
      kRefusedByPolicy);
  const auto wrong = explain(config(), {"peer.example", "--cert", certificate, "--at", "tomorrow"});
  EXPECT_EQ(wrong.status, kUsage);
  EXPECT_TRUE(holds(wrong.err, "--at"));
}

TEST_F(ExplainDomain, FederationAloneCanRefuse) {
  const auto file = config("mode = \"enforce\"", "[federation]\ndeny = [\"*.spam.example\"]\n");
  const auto denied = explain(file, {"x.spam.example"});
  EXPECT_EQ(denied.status, kRefusedByPolicy);
  EXPECT_TRUE(holds(denied.out, "denied by \"*.spam.example\""));
  EXPECT_TRUE(holds(denied.out, "reason      federation_denied"));
  EXPECT_EQ(explain(file, {"spam.example"}).status, kFine);
}

TEST_F(ExplainDomain, KnowsWhatIsServedHere) {
  const auto own = pki_.leaf(spec("second.example"));
  directory_.write("second.pem", test::pem(own.certificate.get()) +
                                     test::pem(pki_.intermediate().certificate.get()));
  directory_.write("second.key", test::pem(own.key.get()));
  const std::string second =
      "[[host]]\ndomain = \"second.example\"\n"
      "certificates = [ { chain = \"second.pem\", key = \"second.key\" } ]\n"
      "[host.backend]\nc2s = \"127.0.0.1:15997\"\n";
  const auto file = config("mode = \"observe\"", second);
  const auto done = explain(file, {"second.example"});
  EXPECT_TRUE(holds(done.out, "second.example is served behind this gate")) << done.out;
  EXPECT_TRUE(holds(done.out, "legacy.example and second.example:"));
  EXPECT_FALSE(holds(done.out, "min_tls")) << "that is demanded of strangers";
  EXPECT_EQ(done.status, kRefusedByPolicy) << "neither takes streams of other servers";
  const auto parsed = json::parse(explain(file, {"second.example", "--json"}).out);
  EXPECT_EQ(parsed["served"]["host"], "second.example");
  EXPECT_EQ(parsed["pairs"][0]["reason"], "host_unknown");
  EXPECT_EQ(parsed["pairs"][0]["local"], "legacy.example");
  // A certificate is not what decides.
  const auto certificate = peer(spec("second.example"));
  EXPECT_EQ(explain(file, {"second.example", "--cert", certificate}).out, done.out);
  EXPECT_FALSE(holds(explain(file, {"peer.example"}).out, "is served behind this gate"));
}

TEST_F(ExplainDomain, AsksForOneOfOurDomains) {
  const auto done = explain(config(), {"peer.example", "--local", "foreign.example"});
  EXPECT_EQ(done.status, kUsage);
  EXPECT_TRUE(holds(done.err, "--local: \"foreign.example\" is no domain or alias of a [[host]]"));
  EXPECT_EQ(explain(config(), {"peer.example", "--local", "legacy.example"}).status, kFine);
}

TEST_F(ExplainDomain, SaysWhatIsWrongWithItsFiles) {
  EXPECT_EQ(explain(directory_.path() + "/none.toml", {"peer.example"}).status, kInvalidConfig);
  const auto invalid = explain(config("mode = \"perhaps\""), {"peer.example"});
  EXPECT_EQ(invalid.status, kInvalidConfig);
  EXPECT_TRUE(holds(invalid.err, "portcullis.toml:")) << invalid.err;
  EXPECT_EQ(explain(config(), {"peer.example", "--cert", directory_.path() + "/none.pem"}).status,
            kUsage);
  EXPECT_EQ(
      explain(config(), {"peer.example", "--cert", directory_.write("x.pem", "no PEM")}).status,
      kUsage);
}

// What is demanded can be asked by who may not read the keys.
TEST_F(ExplainDomain, NeedsNoKeysUntilACertificateIsJudged) {
  const auto file = config();
  directory_.write("own.key", "unreadable");
  EXPECT_EQ(explain(file, {"peer.example"}).status, kFine);
  EXPECT_EQ(explain(file, {"peer.example", "--cert", peer(spec("peer.example"))}).status,
            kInvalidConfig);
}

}  // namespace
}  // namespace portcullis::app
