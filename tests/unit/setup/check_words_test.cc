#include "proxy/setup/check_words.h"

#include <gtest/gtest.h>

#include <string>

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
