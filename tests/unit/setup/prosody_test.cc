#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/setup/prosody_facts.h"
#include "proxy/setup/prosody_lines.h"

namespace portcullis::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr char kMark[] = "portcullis-0123";
constexpr char kAnswer[] =
    R"({"files":["/etc/prosody/prosody.cfg.lua"],)"
    R"("hosts":[{"name":"a.example","component":""},{"name":"rooms.a.example","component":"muc"}],)"
    R"("modules":["tls","bosh"],"disabled":["offline"],)"
    R"("settings":{"c2s_ports":"{ 5222, 15222 }","legacy_ssl_ports":"{ 5223 }"},)"
    R"("unbound":true,"lost":[{"key":"s2s_ports","host":"","value":"{ 1 }","places":["f.lua:3"]}]})";

Result<ProsodyFacts> answer(const std::string& text) {
  return prosody_answer(kMark, "\n" + std::string(kMark) + text + "\n");
}

Plan plan_for(Mode mode) {
  Plan plan;
  plan.kind = policy::BackendKind::kProsody;
  plan.mode = mode;
  plan.hosts = {{"a.example", {}, false}};
  plan.local_ca = "/srv/ca";
  plan.certificate = "/etc/prosody/portcullis.crt";
  plan.key = "/etc/prosody/portcullis.key";
  return plan;
}

TEST(ProsodyAnswer, IsRead) {
  const auto facts = answer(kAnswer);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_THAT(facts->server.hosts, ElementsAre("a.example"));
  EXPECT_THAT(facts->server.components, ElementsAre("rooms.a.example"));
  EXPECT_THAT(facts->server.client_ports, ElementsAre(5222, 15222));
  EXPECT_THAT(facts->server.server_ports, ElementsAre(5269));
  EXPECT_THAT(facts->modules_disabled, ElementsAre("offline"));
  EXPECT_TRUE(facts->has_unbound);
  ASSERT_EQ(facts->lost.size(), 1U);
  EXPECT_THAT(lost_texts(facts->lost)[0],
              HasSubstr("another file has s2s_ports = { 1 } (look at f.lua:3)"));
}

TEST(ProsodyAnswer, MayStandBehindWhatTheConfigurationPrints) {
  const auto facts = prosody_answer(
      kMark, "hello\nportcullis-9999{\"hosts\":[]}\n\n" + std::string(kMark) + kAnswer + "\n");
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->server.hosts, ElementsAre("a.example"));
}

TEST(ProsodyAnswer, IsRefusedWhenItIsNone) {
  for (const auto* text : {"", "hello", "portcullis-9999{}"}) {
    const auto facts = prosody_answer(kMark, text);
    ASSERT_FALSE(facts) << text;
    EXPECT_THAT(facts.error().message, HasSubstr("ended without an answer"));
  }
  EXPECT_FALSE(answer("{\"files\":["));
  EXPECT_FALSE(answer("{]"));
}

TEST(ProsodyAnswer, IsThatOfProsodysParser) {
  const auto facts = answer(R"({"error":"x.lua:3: '=' expected\u001b[31m"})");
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().message, StartsWith("x.lua:3: '=' expected"));
  EXPECT_THAT(facts.error().message, Not(HasSubstr("\x1b")));
}

TEST(ProsodyAnswer, WithWrongTypesIsTakenAsEmpty) {
  const auto facts =
      answer(R"({"files":3,"hosts":[1,{"name":2}],"lost":[null],"settings":[],"unbound":"x"})");
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->server.hosts, IsEmpty());
  EXPECT_FALSE(facts->has_unbound);
}

TEST(ProsodyLines, AreThoseOfTheGuideForTheMode) {
  const auto strict = prosody_lines(plan_for(Mode::kEnforce), *answer(kAnswer));
  EXPECT_THAT(strict, HasSubstr("s2s_secure_auth = true\n"));
  EXPECT_THAT(strict, HasSubstr("modules_disabled = { \"offline\"; \"dialback\" }\n"));
  EXPECT_THAT(strict, HasSubstr("cafile = \"/srv/ca/ca.pem\"; capath = false;\n"));
  EXPECT_THAT(strict, HasSubstr("certificate = \"/etc/prosody/portcullis.crt\""));
  const auto lenient = prosody_lines(plan_for(Mode::kObserve), *answer(kAnswer));
  EXPECT_THAT(lenient, HasSubstr("s2s_secure_auth = false\ns2s_require_encryption = false\n"));
  EXPECT_THAT(lenient, Not(HasSubstr("modules_disabled")));
  EXPECT_THAT(lenient, Not(HasSubstr("s2s_secure_auth = true")));
}

TEST(ProsodyLines, AreOnTheLoopbackInterfaceWhateverElseNamesOne) {
  auto facts = *answer(kAnswer);
  for (const auto mode : {Mode::kObserve, Mode::kEnforce}) {
    const auto text = prosody_lines(plan_for(mode), facts);
    EXPECT_THAT(text, HasSubstr("\nc2s_interfaces = { \"127.0.0.1\" }\n"));
    EXPECT_THAT(text, HasSubstr("\ns2s_interfaces = { \"127.0.0.1\" }\n"));
  }
}

TEST(ProsodyLines, CloseThePortsThatTakeBoth) {
  auto facts = *answer(kAnswer);
  facts.settings["ports"] = "{ 443 }";
  facts.settings["ssl_ports"] = "{ 5443 }";
  EXPECT_THAT(prosody_lines(plan_for(Mode::kObserve), facts), Not(HasSubstr("\nports = ")));
  facts.modules.emplace_back("net_multiplex");
  EXPECT_THAT(prosody_lines(plan_for(Mode::kObserve), facts),
              HasSubstr("\nports = { }\nssl_ports = { }\n"));
}

TEST(ProsodyLines, SwitchDialbackOnAgainWhereTheOperatorHadItOff) {
  auto facts = *answer(kAnswer);
  facts.modules_disabled = {"dialback", "offline"};
  EXPECT_THAT(prosody_lines(plan_for(Mode::kObserve), facts),
              HasSubstr("modules_disabled = { \"offline\" }\n"));
}

TEST(ProsodyLines, LeaveWebPortsAndCloseThoseOfDirectTls) {
  auto facts = *answer(kAnswer);
  const auto text = prosody_lines(plan_for(Mode::kObserve), facts);
  EXPECT_THAT(text, HasSubstr("https_interfaces = { \"*\", \"::\" }\n"));
  EXPECT_THAT(text, HasSubstr("legacy_ssl_ports = { }\n"));
  EXPECT_THAT(text, Not(HasSubstr("proxy65")));
  facts.settings["interfaces"] = "os.exit()";
  EXPECT_THAT(prosody_lines(plan_for(Mode::kObserve), facts), Not(HasSubstr("https_interfaces")));
  facts.modules = {"tls"};
  EXPECT_THAT(prosody_lines(plan_for(Mode::kObserve), facts), Not(HasSubstr("https_interfaces")));
}

TEST(ProsodyLines, QuoteWhatTheyAreGiven) {
  auto plan = plan_for(Mode::kObserve);
  plan.hosts = {{"new.example", {}, true}};
  plan.certificate = "/x\" .. os.exit() .. \"";
  const auto text = prosody_lines(plan, *answer(kAnswer));
  EXPECT_THAT(text, HasSubstr("VirtualHost \"new.example\"\n"));
  EXPECT_THAT(text, HasSubstr(R"("/x\" .. os.exit() .. \"")"));
}

TEST(ProsodyLines, KeepTheHostsThatSetupAddedBefore) {
  auto plan = plan_for(Mode::kObserve);
  plan.hosts.push_back({"new.example", {}, true});
  auto facts = *answer(kAnswer);
  const auto text = prosody_lines(plan, facts);
  EXPECT_TRUE(is_prosody_file_of_ours(text));
  EXPECT_THAT(hosts_added_by(text), ElementsAre("new.example"));
  facts.added_hosts = {"new.example"};
  plan.hosts.back().is_new = false;
  EXPECT_EQ(prosody_lines(plan, facts), text);
  EXPECT_THAT(hosts_added_by("VirtualHost \"\nVirtualHost \"a\\\"b\"\n-- VirtualHost \"c\"\n"),
              IsEmpty());
  EXPECT_FALSE(is_prosody_file_of_ours("-- mine\n" + text));
}

TEST(ProsodyInclude, IsAddedOnceAndTakenAway) {
  const std::string text = "admins = { }\nVirtualHost \"a.example\"\n";
  const auto with = with_include(text, "/etc/prosody/portcullis.cfg.lua");
  EXPECT_THAT(with, StartsWith(text));
  EXPECT_THAT(with, HasSubstr("\nInclude \"/etc/prosody/portcullis.cfg.lua\"\n"));
  EXPECT_EQ(with_include(with, "/etc/prosody/portcullis.cfg.lua"), with);
  EXPECT_EQ(without_include(with), text);
  EXPECT_EQ(without_include(text), text);
  EXPECT_EQ(without_include("\n-- Portcullis: begin\nno end"), "\n-- Portcullis: begin\nno end");
}

TEST(ProsodyQuestion, SaysTheSizeOfEachFile) {
  EXPECT_EQ(prosody_question("m", "/src", "/main", {{"/a", "xy"}, {"/b", ""}}),
            "m\n/src\n/main\n2\n/a\n2\nxy/b\n0\n");
}

}  // namespace
}  // namespace portcullis::setup
