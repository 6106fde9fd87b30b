#include "proxy/telemetry/limit_hits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/telemetry/samples.h"

namespace portcullis::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class LimitHitsTest : public testing::Test {
 protected:
  void hit(Limit limit, std::chrono::milliseconds now, int times = 1) {
    for (int i = 0; i < times; ++i)
      hits_.hit(limit, {"192.0.2." + std::to_string(i), {}, StreamKind::kC2s}, now);
  }
  double count(Limit limit) {
    return sum(metrics_.render(), "portcullis_limit_hits_total",
               "limit=\"" + std::string(name(limit)) + "\"");
  }

  std::vector<std::string> lines_;
  Metrics metrics_;
  Log log_{policy::Log{policy::LogFormat::kText, false},
           [this](std::string_view line) { lines_.emplace_back(line); }};
  LimitHits hits_{metrics_, log_};
};

TEST_F(LimitHitsTest, TheFirstIsToldAtOnce) {
  hit(Limit::kRatePerAddress, 5s);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr(" event=limit limit=rate_per_address kind=c2s "
                                            "peer=192.0.2.0 repeated=1\n")));
  EXPECT_EQ(count(Limit::kRatePerAddress), 1);
}

TEST_F(LimitHitsTest, AFloodIsOneLineInTenSecondsAndEachTimeIsCounted) {
  hit(Limit::kRatePerAddress, 5s, 1000);
  EXPECT_THAT(lines_, SizeIs(1));
  EXPECT_EQ(count(Limit::kRatePerAddress), 1000);
  hit(Limit::kRatePerAddress, 14'999ms);
  EXPECT_THAT(lines_, SizeIs(1));
  hit(Limit::kRatePerAddress, 15s);
  ASSERT_THAT(lines_, SizeIs(2));
  EXPECT_THAT(lines_.back(), HasSubstr("repeated=1001\n"));
}

TEST_F(LimitHitsTest, TheEndOfAFloodIsToldToo) {
  hit(Limit::kHeldBytes, 5s, 3);
  hits_.flush(14s);
  EXPECT_THAT(lines_, SizeIs(1));
  hits_.flush(15s);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("repeated=1\n"), HasSubstr("repeated=2\n")));
  hits_.flush(60s);
  EXPECT_THAT(lines_, SizeIs(2)) << "nothing is left to tell";
}

TEST_F(LimitHitsTest, LimitsDoNotWaitForEachOther) {
  hit(Limit::kRatePerAddress, 5s, 2);
  hit(Limit::kRateTotal, 5s, 2);
  EXPECT_THAT(lines_,
              ElementsAre(HasSubstr("limit=rate_per_address "), HasSubstr("limit=rate_total ")));
}

TEST_F(LimitHitsTest, WhatIsNotKnownIsLeftOut) {
  hits_.flush(5s);
  EXPECT_THAT(lines_, IsEmpty());
  hits_.hit(Limit::kDescriptors, {}, 5s);
  EXPECT_THAT(lines_, ElementsAre(AllOf(Not(HasSubstr("kind=")), Not(HasSubstr("peer=")))));
}

}  // namespace
}  // namespace portcullis::telemetry
