// Unit tests of `portcullis drain`: what it refuses before it asks anybody.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proxy/app/exit_code.h"
#include "tests/support/test_pki.h"
#include "tests/unit/app/command_line.h"

namespace portcullis::app {
namespace {

using test::command;
using testing::HasSubstr;

class DrainCommand : public ::testing::Test {
 protected:
  test::TempDir directory_;
  std::string none_ = directory_.path() + "/portcullis.toml";
};

// A plain request that is made twice ends every stream; a variable of a script that is empty must
// not become one.
TEST_F(DrainCommand, ANoticeThatIsGivenIsATime) {
  for (const std::string notice : {"", " ", "10", "-1s", "61m", "2h", "soon", "10s now"}) {
    for (const auto& words : {std::vector<std::string>{"--notice", notice},
                              std::vector<std::string>{"--notice=" + notice}}) {
      std::vector<std::string> all{"drain", "--config", none_};
      all.insert(all.end(), words.begin(), words.end());
      const auto done = command(all);
      EXPECT_EQ(done.status, kUsage) << notice;
      EXPECT_THAT(done.err, HasSubstr("--notice")) << notice;
      EXPECT_EQ(done.out, "") << notice;
    }
  }
}

TEST_F(DrainCommand, ANoticeAndNowContradictEachOther) {
  for (const std::string notice : {"", "10s"}) {
    const auto done = command({"drain", "--config", none_, "--now", "--notice", notice});
    EXPECT_EQ(done.status, kUsage) << notice;
    EXPECT_THAT(done.err, HasSubstr("cannot stand together")) << notice;
  }
}

TEST_F(DrainCommand, WhatIsRightGoesOnToTheConfiguration) {
  for (const auto& words : {std::vector<std::string>{}, {"--now"}, {"--notice", "10s"}}) {
    std::vector<std::string> all{"drain", "--config", none_};
    all.insert(all.end(), words.begin(), words.end());
    const auto done = command(all);
    EXPECT_EQ(done.status, kProblemFound) << done.err;
    EXPECT_THAT(done.err, HasSubstr("nothing was asked"));
  }
}

}  // namespace
}  // namespace portcullis::app
