#include "proxy/telemetry/process_facts.h"

#include <gtest/gtest.h>

namespace portcullis::telemetry {
namespace {

TEST(ProcessStat, TakesFieldsBehindAnyProgramName) {
  const auto stat = parse_process_stat(
      "77 (a ) b (c) S 1 2 3 4 5 6 7 8 9 10 140 60 13 14 15 16 17 18 2200 20 24 25");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->cpu_ticks, 200);
  EXPECT_EQ(stat->start_ticks, 2200);
  EXPECT_EQ(stat->resident_pages, 24);
}

TEST(ProcessStat, RefusesWhatIsCutOrNoNumber) {
  EXPECT_FALSE(parse_process_stat("").has_value());
  EXPECT_FALSE(parse_process_stat("77 (x) S 1 2 3").has_value());
  EXPECT_FALSE(
      parse_process_stat("77 (x) S 1 2 3 4 5 6 7 8 9 10 abc 60 13 14 15 16 17 18 1 2 3 4 5")
          .has_value());
}

}  // namespace
}  // namespace portcullis::telemetry
