// Unit tests of RepeatedLines: how often lines that say the same are written.

#include "proxy/telemetry/repeated_lines.h"

#include <gtest/gtest.h>

namespace portcullis::telemetry {
namespace {

using namespace std::chrono_literals;

TEST(RepeatedLines, OneInTenSecondsSaysHowOftenItHappened) {
  RepeatedLines lines;
  EXPECT_EQ(lines.happened("down", 5s), 1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(lines.happened("down", 6s), 0);
  EXPECT_EQ(lines.happened("down", 14'999ms), 0);
  EXPECT_EQ(lines.happened("down", 15s), 102);
  EXPECT_EQ(lines.happened("down", 16s), 0);
  EXPECT_EQ(lines.happened("down", 1h), 2);
}

TEST(RepeatedLines, KindsAreCountedApart) {
  RepeatedLines lines;
  EXPECT_EQ(lines.happened("down", 0s), 1);
  EXPECT_EQ(lines.happened("misconfigured", 0s), 1);
  EXPECT_EQ(lines.happened("down", 1s), 0);
}

TEST(RepeatedLines, RemembersABoundedNumberOfKinds) {
  RepeatedLines lines;
  for (std::size_t i = 0; i < RepeatedLines::kMostKinds; ++i)
    EXPECT_EQ(lines.happened(std::to_string(i), 0s), 1);
  EXPECT_EQ(lines.happened("one more", 1s), 0);
  EXPECT_EQ(lines.happened("one more", 10s), 1) << "those that are over were forgotten";
}

}  // namespace
}  // namespace portcullis::telemetry
