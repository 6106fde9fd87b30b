#include "proxy/relay/passed_on.h"

#include <gtest/gtest.h>

namespace portcullis::relay {
namespace {

using telemetry::Return;

TEST(PassedOn, CountsEachDirection) {
  PassedOn passed_on;
  passed_on.count(true, 100);
  passed_on.count(true, 20);
  passed_on.count(false, 7);
  EXPECT_EQ(passed_on.octets(true), 120U);
  EXPECT_EQ(passed_on.octets(false), 7U);
  EXPECT_EQ(passed_on.undelivered(), Amount{});
}

TEST(PassedOn, WhatDidNotArriveWasNotPassedOn) {
  PassedOn passed_on;
  passed_on.count(true, 100);
  passed_on.lost(true, {2, 60});
  EXPECT_EQ(passed_on.octets(true), 40U);
  EXPECT_EQ(passed_on.octets(false), 0U);
  EXPECT_EQ(passed_on.undelivered(), (Amount{2, 60}));
  EXPECT_EQ(passed_on.tally(true).of(Return::kNotBounced), 2U);
}

TEST(PassedOn, KeepsTheOctetsWhenWhatIsLostWasNotCounted) {
  PassedOn passed_on;
  passed_on.count(false, 100);
  passed_on.tally(false).lost({1, 30});
  EXPECT_EQ(passed_on.octets(false), 100U);
  EXPECT_EQ(passed_on.undelivered(), (Amount{1, 30}));
}

TEST(PassedOn, AddsUpWhatWasReturnedInBothDirections) {
  PassedOn passed_on;
  passed_on.lost(true, {2, 60});
  passed_on.lost(false, {1, 10});
  passed_on.tally(true).returned(Return::kBounced, 2);
  passed_on.tally(false).returned(Return::kBounced, 1);
  EXPECT_EQ(passed_on.undelivered(), (Amount{3, 70}));
  EXPECT_EQ(passed_on.returned(Return::kBounced), 3U);
  EXPECT_EQ(passed_on.returned(Return::kNotBounced), 0U);
}

}  // namespace
}  // namespace portcullis::relay
