#include "policy/load/mode_edit.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

std::string edited(std::string_view toml) {
  const auto done = with_enforce_mode(toml);
  return done ? *done : "error: " + done.error().message;
}

TEST(ModeEdit, ChangesTheValueAndNothingElse) {
  EXPECT_EQ(edited("# mode = \"observe\"\r\n[policy]\n  mode  =  \"observe\"  # for now\ncontact = "
                   "\"xmpp:a@b.example\"\n"),
            "# mode = \"observe\"\r\n[policy]\n  mode  =  \"enforce\"  # for now\ncontact = "
            "\"xmpp:a@b.example\"\n");
}

TEST(ModeEdit, FindsItHoweverItIsWritten) {
  EXPECT_EQ(edited("policy.mode = 'observe'"), "policy.mode = \"enforce\"");
  EXPECT_EQ(edited("policy = { contact = \"b\xc3\xbc\", mode = \"observe\" }"),
            "policy = { contact = \"b\xc3\xbc\", mode = \"enforce\" }");
  EXPECT_EQ(edited("[policy]\n\"mode\" = \"\"\"observe\"\"\""), "[policy]\n\"mode\" = \"enforce\"");
}

TEST(ModeEdit, LeavesOtherModesAsTheyAre) {
  EXPECT_EQ(edited("[[s2s.rule]]\nmode = \"observe\"\n[c2s]\nmode = \"observe\"\n[policy]\nmode = "
                   "\"observe\"\n"),
            "[[s2s.rule]]\nmode = \"observe\"\n[c2s]\nmode = \"observe\"\n[policy]\nmode = "
            "\"enforce\"\n");
}

TEST(ModeEdit, RefusesWhatIsNotThereAsSuch) {
  for (const std::string_view text :
       {"", "[policy]\n", "[policy]\nmode = \"enforce\"", "[policy]\nmode = \"${MODE}\"",
        "[policy]\nmode = 1", "[policy]\nmode = \"obs\\u0065rve\"", "mode = \"observe\"",
        "[[policy]]\nmode = \"observe\"", "policy = 1", "[policy", "[policy]\nmode = \"observe"})
    EXPECT_TRUE(edited(text).starts_with("error: ")) << text;
  EXPECT_TRUE(edited(std::string(100'000, '[')).starts_with("error: "));
}

TEST(ModeEdit, IsWhatALoadedFileWouldBe) {
  const std::string more = R"([policy]
mode = "observe"
[[s2s.rule]]
match = ["a.other.example"]
max_chain = 4
[[s2s.rule]]
match = ["b.other.example"]
mode = "observe"
[[s2s.rule]]
match = ["c.other.example"]
mode = "enforce"
)";
  const auto before = load_least_and(more);
  const auto after = load_text(edited(std::string(kLeast) + more));
  ASSERT_TRUE(before.config && after.config);
  const auto made = enforced(*before.config);
  EXPECT_EQ(made.mode, after.config->mode);
  EXPECT_EQ(made.c2s.mode, after.config->c2s.mode);
  EXPECT_EQ(made.s2s.settings, after.config->s2s.settings);
  ASSERT_EQ(made.s2s.rules.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(made.s2s.rules[i].settings, after.config->s2s.rules[i].settings) << i;
  EXPECT_EQ(made.s2s.rules[1].settings.mode, Mode::kObserve);
}

TEST(ModeEdit, AModeOfClientsOfTheirOwnStays) {
  const auto loaded = load_least_and("[policy]\nmode = \"observe\"\n[c2s]\nmode = \"observe\"\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(enforced(*loaded.config).c2s.mode, Mode::kObserve);
}

}  // namespace
}  // namespace portcullis::policy
