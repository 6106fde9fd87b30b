#include "proxy/telemetry/recent_refusals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/telemetry/log.h"
#include "proxy/telemetry/traces.h"

namespace portcullis::telemetry {
namespace {

using testing::SizeIs;

RecentRefusal refusal(const std::string& from, int at = 0) {
  RecentRefusal made;
  made.reason = policy::Reason::kExpired;
  made.from = from;
  made.to = "legacy.example";
  made.at = std::chrono::sys_seconds(std::chrono::seconds(at));
  return made;
}

TEST(RecentRefusals, KeepsTheNewestFirst) {
  RecentRefusals recent;
  recent.note(refusal("a.example", 1));
  recent.note(refusal("b.example", 2));
  recent.note(refusal("c.example", 3));
  const auto all = recent.all();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].from, "c.example");
  EXPECT_EQ(all[1].from, "b.example");
  EXPECT_EQ(all[2].from, "a.example");
}

TEST(RecentRefusals, CountsWhatIsTheSame) {
  RecentRefusals recent;
  recent.note(refusal("a.example", 1));
  recent.note(refusal("b.example", 2));
  recent.note(refusal("a.example", 3));
  auto other_reason = refusal("a.example", 4);
  other_reason.reason = policy::Reason::kWeakKey;
  recent.note(other_reason);
  const auto all = recent.all();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[1].from, "a.example");
  EXPECT_EQ(all[1].times, 2U);
  EXPECT_EQ(all[0].times, 1U);
}

TEST(RecentRefusals, AFloodOfStrangersPushesOutNothingThatWeHaveCalled) {
  RecentRefusals recent;
  auto called = refusal("ours.example", 0);
  called.kind = StreamKind::kS2sOutbound;
  recent.note(called);
  for (int i = 1; i <= 1000; ++i) recent.note(refusal("s" + std::to_string(i) + ".example", i));
  const auto all = recent.all();
  ASSERT_THAT(all, SizeIs(RecentRefusals::kMost + 1));
  EXPECT_EQ(all.front().from, "s1000.example");
  EXPECT_EQ(all.back().from, "ours.example");
}

TEST(RecentRefusals, BoundsAndCleansWhatOthersSaid) {
  RecentRefusals recent;
  auto hostile = refusal("\x1b[2J\n");
  hostile.from.append(10'000, 'x');
  hostile.detail.assign(10'000, 'y');
  hostile.detail.push_back('\xff');
  recent.note(hostile);
  const auto all = recent.all();
  EXPECT_EQ(all[0].from.size(), 256U);
  EXPECT_EQ(all[0].from.substr(0, 5), "?[2J?");
  EXPECT_EQ(all[0].detail.size(), 512U);
}

TEST(Traces, NameStreamsByIdOrDomain) {
  Traces traces;
  EXPECT_FALSE(traces.wants("1-2", "a.example", "b.example"));
  EXPECT_TRUE(traces.add("b.example"));
  EXPECT_TRUE(traces.wants("1-2", "a.example", "b.example"));
  EXPECT_TRUE(traces.wants("1-2", "b.example", ""));
  EXPECT_FALSE(traces.wants("1-2", "a.example", "c.example"));
  EXPECT_FALSE(traces.wants("", "", ""));
  EXPECT_TRUE(traces.add("1-2"));
  EXPECT_TRUE(traces.wants("1-2", "", ""));
  traces.remove("1-2");
  traces.remove("b.example");
  EXPECT_FALSE(traces.wants("1-2", "a.example", "b.example"));
}

TEST(Traces, AreBounded) {
  Traces traces;
  for (std::size_t i = 0; i < Traces::kMost; ++i)
    EXPECT_TRUE(traces.add("d" + std::to_string(i) + ".example"));
  EXPECT_FALSE(traces.add("more.example"));
  EXPECT_TRUE(traces.add("d0.example")) << "it is there already";
  traces.remove("d3.example");
  EXPECT_TRUE(traces.add("more.example"));
  EXPECT_THAT(traces.all(), SizeIs(Traces::kMost));
}

TEST(Traces, AStepIsWrittenThoughDebugLinesAreNot) {
  std::vector<std::string> lines;
  Log log(policy::Log{policy::LogFormat::kText, false},
          [&](std::string_view line) { lines.emplace_back(line); });
  log.write(Severity::kDebug, log_event::kStep, {{log_field::kId, "1-2"}});
  EXPECT_THAT(lines, SizeIs(0));
  log.write_step(log_event::kStep, {{log_field::kId, "1-2"}});
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], testing::HasSubstr("event=step id=1-2"));
}

}  // namespace
}  // namespace portcullis::telemetry
