#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/setup/ejabberd_plan.h"

// What setup leaves to the operator, because a change would say something else than was meant.
namespace portcullis::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kHosts[] = "hosts:\n  - legacy.example\n";
constexpr char kListen[] =
    "listen:\n  - port: 1\n    module: ejabberd_c2s\n  - port: 2\n    module: ejabberd_s2s_in\n";
constexpr char kModules[] = "modules:\n  mod_muc: {}\n";

std::string plain() {
  return std::string(kHosts) + kListen + kModules;
}

TEST(EjabberdLines, LeaveToTheOperatorWhatIsWrittenInAnotherWay) {
  const auto plan = ejabberd_plan(Mode::kEnforce);
  for (const char* text : {
           "listen: LISTEN\nmodules:\n  mod_muc: {}\n",
           "listen:\n  - {port: 5222, module: ejabberd_c2s}\nmodules:\n  mod_muc: {}\n",
           "listen:\n  - port: 5222\n    module: ejabberd_c2s\nmodules:\n  mod_muc: {}\n",
           "modules:\n  mod_muc: {}\n",
       })
    EXPECT_THAT(changed(text, plan).by_hand, ElementsAre(HasSubstr("\"listen\""))) << text;
  const std::string listen =
      "listen:\n  - port: 1\n    module: ejabberd_c2s\n  - port: 2\n    module: ejabberd_s2s_in\n";
  EXPECT_THAT(changed(listen + "modules: {mod_muc: {}}\n", plan).by_hand,
              ElementsAre(HasSubstr("\"modules\"")));
  EXPECT_THAT(changed(listen + "modules:\n  mod_muc: {}\ncertfiles: FILES\n", plan).by_hand,
              ElementsAre(HasSubstr("\"certfiles\"")));
}

TEST(EjabberdLines, LeaveAListenerWhoseModuleIsAMacroToTheOperator) {
  const std::string text =
      "define_macro:\n  CLIENTS: ejabberd_c2s\nhosts: [a.example]\nlisten:\n"
      "  -\n    port: 5222\n    module: ejabberd_c2s\n"
      "  -\n    port: 5269\n    module: ejabberd_s2s_in\n"
      "  -\n    port: 5225\n    module: CLIENTS\nmodules:\n  mod_muc: {}\n";
  const auto plan = ejabberd_plan(Mode::kObserve);
  EXPECT_THAT(changed(text, plan).by_hand, ElementsAre(HasSubstr("module is CLIENTS")));
}

TEST(EjabberdLines, ChangeWhatIsWrittenPlainly) {
  for (const auto mode : {Mode::kObserve, Mode::kEnforce})
    EXPECT_THAT(changed(plain(), ejabberd_plan(mode)).by_hand, IsEmpty());
}

// Of two, a change would leave one: dialback, for instance, where it was to go.
TEST(EjabberdLines, LeaveAKeyThatIsWrittenTwiceToTheOperator) {
  for (const auto mode : {Mode::kObserve, Mode::kEnforce}) {
    const auto by_hand = [plan = ejabberd_plan(mode)](const std::string& text) {
      return changed(text, plan).by_hand;
    };
    EXPECT_THAT(by_hand(plain() + "  mod_s2s_dialback: {}\n"), IsEmpty());
    EXPECT_THAT(by_hand(plain() + "  mod_s2s_dialback: {}\n  mod_s2s_dialback:\n"),
                ElementsAre(HasSubstr("\"mod_s2s_dialback\" is written more than once")));
    EXPECT_THAT(by_hand(plain() + "s2s_use_starttls: required\ns2s_use_starttls: optional\n"),
                ElementsAre(HasSubstr("\"s2s_use_starttls\" is written more than once")));
    EXPECT_THAT(by_hand(std::string(kHosts) + kListen + "    port: 3\n" + kModules),
                ElementsAre(HasSubstr("\"listen\" has a listener with more than one \"port\"")));
  }
}

// Their lines are not what they seem to be.
TEST(EjabberdLines, LeaveMarksOfYamlToTheOperator) {
  for (const auto& [text, what] : {
           std::pair<std::string, std::string>{
               std::string("hosts: &all\n  - a.example\n") + kListen + kModules,
               "an anchor in line 1"},
           {std::string(kHosts) + kListen + "modules: !!map\n  mod_muc:\n", "a tag in line 8"},
           {plain() + "acl: *all\n", "an alias in line 10"},
           {plain() + "...\n", "the end of a document in line 10"},
           {plain() + "---\nhosts: []\n", "a second document in line 10"},
       })
    for (const auto mode : {Mode::kObserve, Mode::kEnforce}) {
      const auto change = changed(text, ejabberd_plan(mode));
      EXPECT_THAT(change.by_hand, ElementsAre(HasSubstr(what))) << text;
      EXPECT_EQ(change.text, text);
    }
}

TEST(EjabberdLines, LeaveNoSectionEmpty) {
  const auto text = std::string(kHosts) + kListen + "modules:\n  mod_s2s_dialback: {}\n";
  EXPECT_THAT(changed(text, ejabberd_plan(Mode::kObserve)).by_hand, IsEmpty());
  EXPECT_THAT(changed(text, ejabberd_plan(Mode::kEnforce)).by_hand,
              ElementsAre(HasSubstr("\"modules\" has mod_s2s_dialback alone")));
}

TEST(EjabberdLines, KeepTheLineBehindAKeyWithoutAValue) {
  const auto change = changed(plain() + "? s2s_use_starttls\nauth_method: internal\n",
                              ejabberd_plan(Mode::kEnforce));
  EXPECT_THAT(change.by_hand, IsEmpty());
  EXPECT_THAT(change.text, HasSubstr("\ns2s_use_starttls: required\nauth_method: internal\n"));
}

// ejabberd joins what stands in both places; a reader that takes one of them misses the other.
TEST(EjabberdFacts, NameWhatIsWrittenTwice) {
  EXPECT_THAT(facts_of("hosts: [a.example]\nhost_config:\n"
                       "  a.example:\n    modules: {mod_s2s_dialback: {}}\n"
                       "    modules: {mod_ping: {}}\n")
                  .by_hand,
              ElementsAre(HasSubstr("ejabberd.yml has \"modules\" more than once")));
  EXPECT_THAT(
      facts_of("define_macro:\n  HOST: a.example\n  HOST: b.example\nhosts: [HOST]\n").by_hand,
      ElementsAre(HasSubstr("ejabberd.yml has \"HOST\" more than once")));
  const auto included = [](const std::string& path) -> Result<std::string> {
    if (path == "b.yml") return std::string("acl: {}\n");
    return std::string("include_config_file: b.yml\nhost_config: {}\ninclude_config_file: []\n");
  };
  EXPECT_THAT(
      facts_of("hosts: [a.example]\ninclude_config_file: more.yml\n", included).by_hand,
      ElementsAre(HasSubstr("more.yml has \"include_config_file\" more than once in one place")));
}

TEST(EjabberdFacts, TakeRulesThatAreWrittenTwice) {
  EXPECT_THAT(
      facts_of("hosts: [a.example]\naccess_rules:\n  local:\n    allow: a\n    allow: b\n").by_hand,
      IsEmpty());
}

}  // namespace
}  // namespace portcullis::setup
