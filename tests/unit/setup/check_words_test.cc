#include "proxy/setup/check_words.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace portcullis::setup {
namespace {

// As policy::printable() has made it: a "?" for the end of a line.
const std::string kBefore =
    "prosodyctl check config: Checking config...?"
    "Unknown option at line 12: old_setting?All checks finished, 1 problem found.";

TEST(CheckWords, TheSameIsNothingNew) {
  EXPECT_TRUE(says_nothing_new(kBefore, kBefore));
  EXPECT_TRUE(says_nothing_new(kBefore,
                               "prosodyctl check config: Checking config...?"
                               "Unknown option at line 14: old_setting?"
                               "All checks finished, 1 problem found."));
}

TEST(CheckWords, LessIsNothingNew) {
  EXPECT_TRUE(says_nothing_new(kBefore,
                               "prosodyctl check config: Checking config...?"
                               "All checks finished, 0 problem found."));
}

TEST(CheckWords, AnotherFaultBesideTheOldOneIsNew) {
  EXPECT_FALSE(
      says_nothing_new(kBefore, kBefore + "?portcullis.cfg.lua:3: unexpected symbol near '='"));
}

TEST(CheckWords, LinesColumnsAndTimesMove) {
  const std::pair<const char*, const char*> moved[] = {
      {"prosody.cfg.lua:12: '=' expected", "prosody.cfg.lua:140: '=' expected"},
      {"ejabberd.yml:12:5: no such option", "ejabberd.yml:13:11: no such option"},
      {"Line 7 of ejabberd.yml", "Line 19 of ejabberd.yml"},
      {"2026-01-31 09:59:59.999 [error] <0.93.0>@ejabberd_config:12: no such option",
       "2026-02-01 10:00:00.001 [error] <0.1104.0>@ejabberd_config:12: no such option"},
      {"2026-01-31T09:59:59.999999+00:00 error: no such option",
       "2026-02-01T10:00:00.000001+00:00 error: no such option"}};
  for (const auto& [before, after] : moved) EXPECT_TRUE(says_nothing_new(before, after)) << after;
}

TEST(CheckWords, APortOrANameWithADigitIsAnotherFault) {
  const std::pair<const char*, const char*> other[] = {
      {"line 3: port 5222 is taken", "line 3: port 5269 is taken"},
      {"cannot listen on 127.0.0.1:5222: taken", "cannot listen on 127.0.0.1:5269: taken"},
      {"cannot listen on [::1]:5222: taken", "cannot listen on [::1]:5269: taken"},
      {"no certificate for muc1.example", "no certificate for muc2.example"},
      {"no certificate for muc.example", "no certificate for muc2.example"},
      {"outline5 is unknown", "outline6 is unknown"},
      {"10.0.0.1 is not ours", "10.0.0.2 is not ours"},
      {"<1 is too small", "<2 is too small"}};
  for (const auto& [before, after] : other) {
    EXPECT_TRUE(says_nothing_new(before, before)) << before;
    EXPECT_FALSE(says_nothing_new(before, after)) << after;
  }
}

TEST(CheckWords, AnotherFaultInPlaceOfTheOldOneIsNew) {
  EXPECT_FALSE(says_nothing_new(kBefore, "/usr/bin/prosodyctl did not end within 20 seconds"));
  EXPECT_FALSE(says_nothing_new("/usr/bin/prosodyctl did not end within 20 seconds", kBefore));
}

TEST(CheckWords, WhatWasCutMayHideSomething) {
  const std::string text(kLongestCheck, 'x');
  EXPECT_FALSE(says_nothing_new(text, text));
  const std::string shorter(kLongestCheck - 1, 'x');
  EXPECT_TRUE(says_nothing_new(shorter, shorter));
}

}  // namespace
}  // namespace portcullis::setup
