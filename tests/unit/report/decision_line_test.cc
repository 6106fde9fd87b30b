#include "proxy/report/decision_line.h"

#include <gtest/gtest.h>

namespace portcullis::report {
namespace {

using policy::Reason;
using policy::Verdict;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr sys_days kDay = std::chrono::year(2026) / std::chrono::November / 27;
constexpr TimeReference kReference{kDay + std::chrono::hours(12), std::chrono::hours(1)};

const std::string kGood =
    "event=decision kind=s2s_in id=7 from=a.example to=b.example "
    "verdict=rejected reason=expired detail=\"x\"";

std::optional<DecisionLine> decision(std::string_view line) {
  const Line parsed = parse_line(line, kReference);
  const auto* const found = std::get_if<DecisionLine>(&parsed);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}
// kGood behind what another program put in front.
std::optional<DecisionLine> decision_behind(std::string_view front) {
  std::string line(front);
  line += kGood;
  return decision(line);
}
bool is_other(std::string_view line) {
  return std::holds_alternative<OtherLine>(parse_line(line, kReference));
}
bool is_unreadable(std::string_view line) {
  return std::holds_alternative<UnreadableLine>(parse_line(line, kReference));
}
sys_seconds at(int hours, int minutes = 0, int seconds = 0) {
  return kDay + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds);
}

TEST(DecisionLine, TakesWhatItSays) {
  const auto found = decision(kGood);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, StreamKind::kS2sInbound);
  EXPECT_EQ(found->from, "a.example");
  EXPECT_EQ(found->to, "b.example");
  EXPECT_EQ(found->verdict, Verdict::kRejected);
  EXPECT_EQ(found->reason, Reason::kExpired);
  EXPECT_FALSE(found->time);
}

TEST(DecisionLine, TakesWhatIsKnownOfTheServer) {
  const std::string pin = "spki-sha256:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=";
  const std::string line =
      "event=decision kind=s2s_out from=l.example to=a.example found=fallback tls=TLSv1.2 "
      "verdict=rejected reason=expired rule=\"*.example\" pin=" +
      pin + " also=\"weak_key of_tomorrow self_signed\"";
  const auto found = decision(line);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->found, FoundBy::kFallback);
  EXPECT_EQ(found->tls, TlsVersion::kTls12);
  EXPECT_EQ(found->rule, "*.example");
  ASSERT_TRUE(found->key);
  EXPECT_EQ(policy::pin_text(*found->key), pin);
  EXPECT_EQ(found->also, (std::vector{Reason::kWeakKey, Reason::kSelfSigned}));
}

TEST(DecisionLine, TakesNoEvidenceThatIsNone) {
  const auto found = decision(
      "event=decision kind=s2s_out found=guessed tls=TLSv9 verdict=rejected reason=expired "
      "pin=spki-sha256:AAAA also=\"  \"");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->found);
  EXPECT_FALSE(found->key);
  EXPECT_EQ(found->tls, TlsVersion::kUnknown);
  EXPECT_TRUE(found->also.empty());
}

TEST(DecisionLine, FindsTheTimeInFront) {
  for (const std::string_view front :
       {"time=2026-11-27T08:30:15.500Z level=notice ", "2026-11-27T08:30:15Z ",
        "2026-11-27T09:30:15.123456+01:00 host portcullis[1]: ",
        "2026-11-27T09:30:15+0100 host portcullis[1]: <5>", "2026-11-27 09:30:15 ",
        "2026-11-27 09:30:15,123 ", "Fri 2026-11-27 08:30:15 UTC host portcullis[1]: ",
        "Nov 27 09:30:15 host portcullis[1]: ", "gate-1  | 2026-11-27T08:30:15.1Z ",
        "2026-11-27T08:30:15.1Z stderr F "}) {
    const auto found = decision_behind(front);
    ASSERT_TRUE(found) << front;
    EXPECT_EQ(found->time, at(8, 30, 15)) << front;
  }
}

TEST(DecisionLine, OurOwnTimeGoesBeforeWhatWrapsIt) {
  const auto found = decision_behind(
      "Nov 27 11:00:00 host portcullis[1]: time=2026-11-27T08:30:15Z level=notice ");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->time, at(8, 30, 15));
}

TEST(DecisionLine, ReadsFrontsWithoutTime) {
  for (const std::string_view front : {"<5>", "gate-1  | ", "portcullis[1]: ", "-- x -- "}) {
    const auto found = decision_behind(front);
    ASSERT_TRUE(found) << front;
    EXPECT_FALSE(found->time) << front;
  }
}

TEST(DecisionLine, StampsWithoutYearAreOfTheLastTwelveMonths) {
  const auto in_december = decision_behind("Dec 31 23:59:59 host p: ");
  ASSERT_TRUE(in_december);
  EXPECT_EQ(in_december->time, sys_days(std::chrono::year(2025) / 12 / 31) +
                                   std::chrono::hours(22) + std::chrono::minutes(59) +
                                   std::chrono::seconds(59));
  EXPECT_EQ(decision_behind("Nov  7 01:00:00 host p: ")->time,
            sys_days(std::chrono::year(2026) / 11 / 7));
}

TEST(DecisionLine, PassesOverWhatOnlyLooksLikeATime) {
  for (const std::string_view front :
       {"2026-13-27T08:30:15Z ", "2026-11-31T08:30:15Z ", "2026-11-27T25:30:15Z ",
        "2026-11-27T08:30:15+99:00 ", "2026-11-27T08:30:15Zulu ", "Nov 31 08:00:00 ",
        "Now 27 08:00:00 ", "9999999 ", "1969-01-01T00:00:00Z "}) {
    const auto found = decision_behind(front);
    ASSERT_TRUE(found) << front;
    EXPECT_FALSE(found->time) << front;
  }
}

TEST(DecisionLine, ReadsJson) {
  const auto found = decision(
      R"({"time":"2026-11-27T08:30:15.500Z","level":"notice","event":"decision","kind":"s2s_out",)"
      R"("id":7,"from":"a.example","to":"b\u00fc.example","verdict":"excepted","reason":"expired"})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, StreamKind::kS2sOutbound);
  EXPECT_EQ(found->to, "b\xc3\xbc.example");
  EXPECT_EQ(found->verdict, Verdict::kExcepted);
  EXPECT_EQ(found->time, at(8, 30, 15));
}

TEST(DecisionLine, ReadsEnvelopes) {
  const auto docker = decision(
      R"({"log":"event=decision kind=s2s_in from=a.example to=b.example verdict=accepted\n",)"
      R"("stream":"stderr","time":"2026-11-27T08:30:15.1Z"})");
  ASSERT_TRUE(docker);
  EXPECT_EQ(docker->time, at(8, 30, 15));
  const auto journal =
      decision(R"({"__REALTIME_TIMESTAMP":"1795768215000000","MESSAGE":"{\"event\":\"decision\",)"
               R"(\"kind\":\"s2s_in\",\"from\":\"a.example\",\"verdict\":\"accepted\"}"})");
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->from, "a.example");
  EXPECT_EQ(journal->time, at(8, 30, 15));
}

TEST(DecisionLine, HasNoEnvelopesWithinEnvelopes) {
  EXPECT_TRUE(
      is_other(R"({"log":"{\"log\":\"event=decision kind=s2s_in from=a verdict=accepted\"}"})"));
}

TEST(DecisionLine, UndoesEscapes) {
  const auto found =
      decision(R"(event=decision kind=s2s_in from="a\"b\\c\u000ad\u202ee" to=b verdict=accepted)");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from,
            "a\"b\\c\nd\xe2\x80\xae"
            "e");
}

// A peer chooses texts of many lines; none of them may become a record of its own.
TEST(DecisionLine, TextOfAPeerIsNoRecord) {
  EXPECT_TRUE(is_other("event=end why=\"event=decision kind=s2s_in from=x verdict=accepted\""));
  EXPECT_TRUE(is_other(R"(event=end why="{\"event\":\"decision\"}")"));
  EXPECT_TRUE(is_other(
      R"({"event":"end","why":"x","event":"decision","kind":"s2s_in","verdict":"accepted"})"));
  EXPECT_TRUE(is_other(
      R"({"event":"end","more":{"event":"decision","kind":"s2s_in","verdict":"accepted"}})"));
  const auto found = decision(
      "event=decision kind=s2s_in from=\"b.example verdict=accepted\" "
      "to=l verdict=rejected reason=expired detail=\"verdict=accepted\"");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->verdict, Verdict::kRejected);
  EXPECT_EQ(found->from, "b.example verdict=accepted");
}

TEST(DecisionLine, TheFirstValueOfANameCounts) {
  const auto found =
      decision("event=decision kind=s2s_in from=a.example from=b.example verdict=accepted");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from, "a.example");
}

TEST(DecisionLine, OtherLinesAreOther) {
  for (const std::string_view line :
       {"", " ", "\r", "event=end kind=s2s_in", "event=decisions kind=s2s_in", "myevent=decision",
        "a decision", "{", "{}", "[]", "{\"event\":\"end\"}", "{\"x\":\"decision\"}",
        "\"decision\"", "{\"decision\":", "null decision {"})
    EXPECT_TRUE(is_other(line)) << line;
}

TEST(DecisionLine, ReadsEachVerdict) {
  for (const std::string_view word : policy::kVerdictNames) {
    std::string line = "event=decision kind=s2s_in reason=expired verdict=";
    line += word;
    const auto found = decision(line);
    ASSERT_TRUE(found) << word;
    EXPECT_EQ(name(found->verdict), word);
  }
}

// A log may span an upgrade.
TEST(DecisionLine, ReadsTheWordsOfEarlierVersions) {
  const auto accepted = decision("event=decision kind=s2s_in verdict=accept");
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->verdict, Verdict::kAccepted);
  const auto rejected = decision("event=decision kind=s2s_in verdict=reject reason=expired");
  ASSERT_TRUE(rejected);
  EXPECT_EQ(rejected->verdict, Verdict::kRejected);
}

TEST(DecisionLine, WhatIsCutOrUnknownIsUnreadable) {
  for (const std::string_view line :
       {"event=decision",
        "event=decision kind=s2s_in",
        "event=decision verdict=accepted",
        "event=decision kind=s3s verdict=accepted",
        "event=decision kind=s2s_in verdict=maybe",
        "event=decision kind=s2s_in verdict=accepte",
        "event=decision kind=s2s_in verdict=Accepted",
        "event=decision kind=s2s_in verdict=rejected",
        "event=decision kind=s2s_in verdict=rejected reason=",
        "event=decision kind=s2s_in verdict=rejected reason=no_such_reason",
        "event=decision kind=s2s_in verdict=accepted detail=\"cut",
        "event=decision kind=s2s_in verdict=accepted detail=\"cut\\",
        "event=decision kind=s2s_in verdict=accepted detail=\"\\u00",
        "event=decision kind=s2s_in verdict=accepted detail=\"\\ud800\"",
        "event=decision kind=s2s_in verdict=accepted detail=\"\\n\"",
        "event=decision kind=s2s_in verdict=accepted detail=\"a\"b",
        "event=decision kind=s2s_in =x",
        "[{\"event\":\"decision\"}]",
        "event=decision kind=s2s_in verdict=accepted stray",
        "event=decision kind=s2s_in verdict=a\"b",
        "{\"event\":\"decision\",\"kind\":\"s2s_in\"",
        "{\"event\":\"decision\",\"kind\":1}",
        "{\"event\":\"decision\",\"kind\":\"s2s_in\",\"verdict\":\"accepted\",\"x\":\"\xff\"}",
        "{\"event\":\"decision\",\"kind\":\"s2s_in\",\"verdict\":\"accepted\"} more"})
    EXPECT_TRUE(is_unreadable(line)) << line;
}

TEST(DecisionLine, DeepNestingIsPassedOver) {
  const std::string deep(30'000, '[');
  EXPECT_TRUE(is_unreadable("{\"event\":\"decision\",\"x\":" + deep));
  const std::string closed = deep + std::string(30'000, ']');
  EXPECT_TRUE(decision(
      "{\"event\":\"decision\",\"kind\":\"s2s_in\",\"verdict\":\"accepted\",\"x\":" + closed +
      "}"));
}

}  // namespace
}  // namespace portcullis::report
