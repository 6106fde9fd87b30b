#include "proxy/app/control.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

namespace portcullis::app {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Severity = policy::Diagnostic::Severity;

ReloadOutcome fine() {
  return {true, 7, {{Severity::kWarning, "p.toml", 3, 1, "careful"}}};
}

ReloadOutcome broken() {
  return {
      false, 6, {{Severity::kError, "p.toml", 3, 1, "wrong"}, {Severity::kError, "k", 0, 0, "x"}}};
}

std::string answer_control(std::string_view line, const ControlActions& actions) {
  std::string given;
  app::answer_control(line, actions, [&](std::string answer) { given = std::move(answer); });
  return given;
}

TEST(Control, AnswersAReload) {
  const auto answer = answer_control("reload", {&fine, {}});
  EXPECT_EQ(answer, "p.toml:3:1: warning: careful\nok generation=7\n");
  EXPECT_TRUE(says_ok(answer));
}

TEST(Control, AnswersAFailure) {
  const auto answer = answer_control("reload", {&broken, {}});
  EXPECT_EQ(answer, "p.toml:3:1: error: wrong\nk: error: x\nfailed\n");
  EXPECT_FALSE(says_ok(answer));
}

TEST(Control, DrainsAndSaysWhatHasBegun) {
  for (const bool now : {false, true}) {
    const auto answer =
        answer_control(now ? "drain now" : "drain", {&fine, [&](const DrainWish& asked) {
                                                       EXPECT_EQ(asked.now, now);
                                                       EXPECT_EQ(asked.notice, std::nullopt);
                                                       return "begun"s;
                                                     }});
    EXPECT_EQ(answer, "begun\nok\n");
  }
}

TEST(Control, DrainsAfterANotice) {
  std::optional<DrainWish> asked;
  const ControlActions actions{&fine, [&](const DrainWish& wish) {
                                 asked = wish;
                                 return "begun"s;
                               }};
  for (const auto& [text, time] : std::map<std::string, std::chrono::milliseconds>{
           {"10s", 10s}, {"0s", 0s}, {"1h", 1h}, {"60m", 1h}, {"250ms", 250ms}}) {
    asked.reset();
    EXPECT_EQ(answer_control("drain notice " + text, actions), "begun\nok\n");
    ASSERT_TRUE(asked) << text;
    EXPECT_FALSE(asked->now);
    EXPECT_EQ(asked->notice, time);
  }
}

TEST(Control, ANoticeThatIsNoTimeDrainsNothing) {
  bool drained = false;
  const ControlActions actions{&fine, [&](const DrainWish& /*wish*/) {
                                 drained = true;
                                 return "begun"s;
                               }};
  for (const auto* const text :
       {"drain notice", "drain notice ", "drain notice 10", "drain notice -1s", "drain notice 2h",
        "drain notice 61m", "drain notice 10s now", "drain notice  10s",
        "drain notice 99999999999999999999s"}) {
    EXPECT_FALSE(read_control_answer(answer_control(text, actions)).ok) << text;
    EXPECT_FALSE(drained) << text;
  }
}

TEST(Control, ADrainThatCannotGiveNoticeFails) {
  const ControlActions actions{
      &fine, [](const DrainWish& /*wish*/) -> Result<std::string> { return fail("too late"); }};
  EXPECT_EQ(answer_control("drain notice 1s", actions), "too late\nfailed\n");
}

TEST(Control, AnythingElseReloadsNothing) {
  for (const auto* request :
       {"", "reload ", "RELOAD", "status", "reload\r", "drain later", "DRAIN"}) {
    int reloads = 0;
    const auto answer = answer_control(request, {[&] {
                                                   ++reloads;
                                                   return fine();
                                                 },
                                                 [&](const DrainWish& /*wish*/) {
                                                   ++reloads;
                                                   return std::string();
                                                 }});
    EXPECT_EQ(reloads, 0) << request;
    EXPECT_FALSE(says_ok(answer)) << request;
  }
}

TEST(Control, NamesTheRequestsToWhoAsksForNone) {
  const auto answer = answer_control("help", {});
  for (const auto& request : control_requests()) {
    EXPECT_NE(answer.find("\"" + std::string(request.name)), std::string::npos) << request.name;
    EXPECT_FALSE(request.does.empty());
    EXPECT_FALSE(request.answers.empty());
    EXPECT_EQ(request.argument.empty(), request.takes == ControlArgument::kNone) << request.name;
  }
  EXPECT_FALSE(read_control_answer(answer).ok);
}

TEST(Control, AnswersHostileOctetsInOneWay) {
  for (const auto& line : {"\0\xff\x1b[2J"s, std::string(1024, ' '), "reload\0"s, "drain  now"s}) {
    const auto answer = answer_control(line, {});
    EXPECT_TRUE(answer.starts_with("unknown request")) << answer;
    EXPECT_TRUE(answer.ends_with("\nfailed\n")) << answer;
    EXPECT_EQ(answer.find('\x1b'), std::string::npos);
  }
}

TEST(Control, AnAnswerIsNotLongerThanWhatIsRead) {
  const auto answer = answer_control("drain", {&fine, [](const DrainWish& /*wish*/) {
                                                 return std::string(std::size_t{5} << 20, 'x');
                                               }});
  EXPECT_EQ(answer, "the answer would be too long; ask for a part of it\nfailed\n");
}

TEST(Control, ReadsWhatItWrites) {
  EXPECT_TRUE(read_control_answer(control_ok("a\nb\n")).ok);
  EXPECT_EQ(read_control_answer(control_ok("a\nb\n")).lines, "a\nb\n");
  EXPECT_FALSE(read_control_answer(control_failed("a\n")).ok);
  EXPECT_EQ(read_control_answer(control_failed("a\n")).lines, "a\n");
  EXPECT_TRUE(read_control_answer("x\nok generation=3\n").ok);
  for (const auto* text : {"", "\n", "okay\n", "ok\nno\n", "not ok", "ok\n\n"})
    EXPECT_FALSE(read_control_answer(text).ok) << text;
}

TEST(Control, AFindingCannotForgeTheLastLine) {
  ReloadOutcome outcome = broken();
  outcome.findings.back().message = "x\nok generation=9";
  EXPECT_FALSE(says_ok(outcome.text()));
  EXPECT_EQ(outcome.text().find("\nok"), std::string::npos);
}

TEST(Control, OnlyAWholeLastLineSaysOk) {
  EXPECT_TRUE(says_ok("ok generation=1\n"));
  EXPECT_TRUE(says_ok("warning\nok generation=1"));
  for (const auto* text : {"", "\n", "failed\n", "ok generation=1\nfailed\n", "not ok generation=1",
                           "ok generation=1\n\n"})
    EXPECT_FALSE(says_ok(text)) << text;
}

class ControlPath : public ::testing::Test {
 protected:
  ControlPath() {
    std::string pattern = testing::TempDir() + "control-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~ControlPath() override { std::filesystem::remove_all(directory); }
  Result<std::string> of(const std::string& toml) {
    std::ofstream(directory / "p.toml") << toml;
    return control_path(directory / "p.toml");
  }
  std::filesystem::path directory;
};

TEST_F(ControlPath, IsReadFromAFileWithFaults) {
  EXPECT_EQ(*of("[listen]\ncontrol = \"/run/c.sock\"\n[limitz]\n"), "/run/c.sock");
}

TEST_F(ControlPath, IsRelativeToTheFile) {
  EXPECT_EQ(*of("[listen]\ncontrol = \"c.sock\"\n"), directory / "c.sock");
}

TEST_F(ControlPath, HasTheDefaultWhereNoneIsNamed) {
  for (const auto* toml : {"", "[listen]\n", "listen = 3\n", "[listen]\ncontrol = 5\n",
                           "[[listen]]\ncontrol = \"x\"\n"})
    EXPECT_EQ(*of(toml), "/run/portcullis/control.sock") << toml;
}

TEST_F(ControlPath, IsEmptyWhereItIsOff) {
  EXPECT_EQ(*of("[listen]\ncontrol = \"off\"\n"), "");
  EXPECT_EQ(*of("[listen]\ncontrol = \"\"\n"), "");
}

TEST_F(ControlPath, MayStandInConfD) {
  std::filesystem::create_directory(directory / "conf.d");
  std::ofstream(directory / "conf.d" / "a.toml") << "[listen]\ncontrol = \"/run/d.sock\"\n";
  EXPECT_EQ(*of("[limitz]\n"), "/run/d.sock");
  EXPECT_EQ(*of("[listen]\ncontrol = \"/run/c.sock\"\n"), "/run/c.sock") << "the first holds";
}

TEST_F(ControlPath, NeedsToml) {
  EXPECT_FALSE(of("[listen\n"));
  EXPECT_NE(of("[listen\n").error().message.find("p.toml:1:"), std::string::npos);
  EXPECT_FALSE(of("a = " + std::string(100'000, '[')));
  EXPECT_FALSE(control_path(directory / "missing"));
}

TEST(NeedsRestart, NamesEveryKeyThatChanged) {
  policy::Config started;
  policy::Config next;
  EXPECT_TRUE(needs_restart(started, next).empty());
  next.limits.client_connections = 5;
  next.listen.s2s = {{"127.0.0.1", 5269}};
  EXPECT_TRUE(needs_restart(started, next).empty()) << "these change while running";

  next.workers = 3;
  next.listen.admin = {{"127.0.0.1", 1}};
  next.listen.control = "/run/c.sock";
  next.dns.servers = {{"127.0.0.1", 53}};
  next.log.format = policy::LogFormat::kJson;
  next.log.debug = true;
  next.process.user = "xmpp-gate";
  next.process.group = "xmpp";
  next.lines["workers"] = {"p.toml", 12};
  next.file = "p.toml";
  const auto findings = needs_restart(started, next);
  ASSERT_EQ(findings.size(), 8U);
  EXPECT_EQ(findings[0].text().rfind("p.toml:12", 0), 0U) << findings[0].text();
  for (const auto& finding : findings) EXPECT_EQ(finding.severity, Severity::kWarning);

  // Until then the values of the start are in force, and the others are those of the file.
  const auto now = in_force(started, next);
  EXPECT_TRUE(needs_restart(started, now).empty());
  EXPECT_EQ(now.workers, started.workers);
  EXPECT_EQ(now.limits.client_connections, 5U);
  EXPECT_EQ(now.listen.s2s, next.listen.s2s);
}

}  // namespace
}  // namespace portcullis::app
