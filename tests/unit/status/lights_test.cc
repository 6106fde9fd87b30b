#include "proxy/status/lights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/status/status_sample.h"

namespace portcullis::status {
namespace {

using std::chrono::days;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Lights : public testing::Test {
 protected:
  Light of_first() const { return light_of(overview, overview.hosts[0]); }
  Light of_second() const { return light_of(overview, overview.hosts[1]); }
  Light of_gate() const { return light_of_gate(overview); }

  Overview overview = test::overview();
};

TEST_F(Lights, AreOkWhereNothingIsWrong) {
  EXPECT_EQ(of_first().level, Level::kOk);
  EXPECT_THAT(of_first().findings, IsEmpty());
  EXPECT_EQ(of_second().level, Level::kOk) << "what is not known yet is not wrong";
  EXPECT_EQ(of_gate().level, Level::kOk);
}

TEST_F(Lights, ABackendThatDoesNotAnswerIsBroken) {
  overview.backends[0].up = false;
  const auto light = of_first();
  EXPECT_EQ(light.level, Level::kBroken);
  ASSERT_THAT(light.findings, SizeIs(1));
  EXPECT_THAT(light.findings[0].sentence, HasSubstr("127.0.0.1:15269) does not answer, since"));
  EXPECT_EQ(of_second().level, Level::kOk) << "it is another domain's";
}

TEST_F(Lights, ABackendThatIsAnotherProgramIsBroken) {
  overview.backends[0].up = false;
  overview.backends[0].impostor = true;
  ASSERT_THAT(of_first().findings, SizeIs(1));
  EXPECT_THAT(of_first().findings[0].sentence, HasSubstr("a program that is not your server"));
}

TEST_F(Lights, ACertificateIsLookedAtByItsDays) {
  overview.certificates[0].not_after = overview.now + days(14);
  EXPECT_EQ(of_first().level, Level::kOk);
  overview.certificates[0].not_after = overview.now + days(14) - std::chrono::seconds(1);
  EXPECT_EQ(of_first().level, Level::kAttention);
  EXPECT_THAT(of_first().findings[0].sentence, HasSubstr("The ECDSA certificate ends in 13 days."));
  overview.certificates[0].not_after = overview.now - std::chrono::seconds(1);
  EXPECT_EQ(of_first().level, Level::kBroken);
  EXPECT_EQ(of_gate().level, Level::kOk);
}

TEST_F(Lights, TheLocalCaIsOfTheGate) {
  overview.certificates[2].not_after = overview.now + days(2);
  EXPECT_EQ(of_first().level, Level::kOk);
  EXPECT_EQ(of_gate().level, Level::kAttention);
  EXPECT_THAT(of_gate().findings[0].sentence, HasSubstr("local CA ends in 2 days"));
}

TEST_F(Lights, AStrictBackendBehindAnObservingGateIsBroken) {
  overview.strict = {
      {"legacy.example", "Observe mode let this stream through, but …", overview.now}};
  EXPECT_EQ(of_first().level, Level::kBroken);
  EXPECT_THAT(of_first().findings[0].sentence, HasSubstr("Mail is being lost"));
  EXPECT_EQ(of_second().level, Level::kOk);
}

TEST_F(Lights, TheGravestFindingComesFirst) {
  overview.certificates[0].not_after = overview.now + days(1);
  overview.not_for_clients = {"legacy.example"};
  overview.backends[0].up = false;
  const auto light = of_first();
  EXPECT_EQ(light.level, Level::kBroken);
  ASSERT_THAT(light.findings, SizeIs(3));
  EXPECT_EQ(light.findings[0].level, Level::kBroken);
  EXPECT_EQ(light.findings[2].level, Level::kAttention);
}

TEST_F(Lights, NobodyHasToLookForAnotherServerAtOnce) {
  overview.capture = {policy::Capture::kDns, false, 0, ""};
  overview.started = overview.now - kTimeToLook + std::chrono::seconds(1);
  EXPECT_EQ(of_gate().level, Level::kOk);
  overview.started = overview.now - kTimeToLook;
  EXPECT_EQ(of_gate().level, Level::kAttention);
}

TEST_F(Lights, OfTheGateTellWhatConcernsEveryDomain) {
  const auto only = [&](auto change, Level level, const char* words) {
    overview = test::overview();
    change();
    EXPECT_EQ(of_gate().level, level) << words;
    ASSERT_THAT(of_gate().findings, SizeIs(1)) << words;
    EXPECT_THAT(of_gate().findings[0].sentence, HasSubstr(words));
    EXPECT_EQ(of_first().level, Level::kOk);
  };
  only([&] { overview.silent_loops = 1; }, Level::kBroken, "1 event loop of 2 did not answer");
  only([&] { overview.key_is_held = false; }, Level::kBroken, "local CA's key does not run");
  only(
      [&] {
        overview.last_reload = Reload{test::kNow, "signal", false, "1 error(s)"};
      },
      Level::kAttention, "failed");
  only(
      [&] {
        overview.capture = {policy::Capture::kDns, true, 2, "prosody (101)"};
      },
      Level::kBroken, "The user prosody (101) of this machine has 2 connections");
  only(
      [&] {
        overview.capture = {policy::Capture::kDns, false, 0, ""};
      },
      Level::kAttention, "Nobody has looked for another server");
  only(
      [&] {
        overview.busiest = BusiestAddress{"10.0.0.1", 60, 70, 100};
      },
      Level::kAttention, "60 of 70 connections come from 10.0.0.1");
  only(
      [&] {
        overview.exceptions = {{"peer.example", test::kNow + days(2)}};
      },
      Level::kAttention, "ends in 2 days");
  only([&] { overview.clock_doubt = "by it, the certificates have expired"; }, Level::kBroken,
       "The local clock is suspect: by it, the certificates have expired.");
  only([&] { overview.draining = "Shutting down, streams: 3 streams are left"; }, Level::kAttention,
       "3 streams are left");
}

TEST_F(Lights, AReloadThatWasTakenAndAFarEndAreNoFindings) {
  overview.last_reload = Reload{test::kNow, "signal", true, ""};
  overview.exceptions = {{"peer.example", test::kNow + days(20)}};
  overview.capture = {policy::Capture::kDns, true, 0, ""};
  EXPECT_THAT(of_gate().findings, IsEmpty());
}

}  // namespace
}  // namespace portcullis::status
