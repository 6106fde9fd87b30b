#include "proxy/admin/readiness_answer.h"

#include <gtest/gtest.h>

#include "proxy/admin/response.h"

namespace portcullis::admin {
namespace {

// What Server sends when these are its checks.
std::string answer_for(std::vector<ReadyCheck> checks) {
  return to_http(respond("GET", "/readyz", {{}, {}, [&] { return checks; }}));
}

std::string http(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

TEST(ReadinessAnswer, IsWhatTheServerSays) {
  const auto ready = read_readiness(answer_for({{"loops", true, ""}}));
  ASSERT_TRUE(ready) << ready.error().message;
  EXPECT_TRUE(ready->ready);

  const auto not_ready =
      read_readiness(answer_for({{"loops", true, ""}, {"draining", false, "shutting \"down\""}}));
  ASSERT_TRUE(not_ready) << not_ready.error().message;
  EXPECT_FALSE(not_ready->ready);
  ASSERT_EQ(not_ready->checks.size(), 2U);
  EXPECT_TRUE(not_ready->checks[0].ok);
  EXPECT_EQ(not_ready->checks[1].name, "draining");
  EXPECT_FALSE(not_ready->checks[1].ok);
  EXPECT_EQ(not_ready->checks[1].detail, "shutting \"down\"");
}

TEST(ReadinessAnswer, AWarningLeavesTheGateReady) {
  const auto warned =
      read_readiness(answer_for({{"loops", true, ""}, {"local_ca", false, "ended", false}}));
  ASSERT_TRUE(warned) << warned.error().message;
  EXPECT_TRUE(warned->ready);
  ASSERT_EQ(warned->checks.size(), 2U);
  EXPECT_TRUE(warned->checks[0].required);
  EXPECT_FALSE(warned->checks[1].ok);
  EXPECT_FALSE(warned->checks[1].required);

  const auto both =
      read_readiness(answer_for({{"loops", false, "stuck"}, {"local_ca", false, "ended", false}}));
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_FALSE(both->ready);
}

TEST(ReadinessAnswer, NoPartOfAnAnswerIsAnAnswer) {
  const auto whole = answer_for({{"loops", true, ""}});
  ASSERT_TRUE(read_readiness(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_readiness(whole.substr(0, size))) << size;
  EXPECT_FALSE(read_readiness(whole + " "));
}

class NoReadiness : public ::testing::TestWithParam<std::string> {};

TEST_P(NoReadiness, IsAnError) {
  const auto readiness = read_readiness(GetParam());
  ASSERT_FALSE(readiness);
  EXPECT_FALSE(readiness.error().message.empty());
}

const std::string kReady = R"({"ready": true, "checks": []})";

INSTANTIATE_TEST_SUITE_P(
    Answers, NoReadiness,
    ::testing::Values(
        "", "\r\n\r\n", "SSH-2.0-x\r\n", std::string(70'000, '\0'), to_http(plain_error(404)),
        http("200 OK", ""), http("200 OK", "alive\n"), http("200 OK", "[]"), http("200 OK", "null"),
        http("200 OK", "{}"), http("200 OK", R"({"ready": true})"),
        http("200 OK", R"({"ready": 1, "checks": []})"),
        http("200 OK", R"({"ready": "true", "checks": []})"),
        http("200 OK", R"({"ready": true, "checks": {}})"),
        http("200 OK", R"({"ready": true, "checks": [1]})"),
        http("200 OK", R"({"ready": true, "checks": [{"name": "a", "ok": true}]})"),
        http("200 OK", R"({"ready": true, "checks": [{"name": "a", "ok": 1, "detail": ""}]})"),
        http("200 OK", R"({"ready": true, "checks": [{"name": 1, "ok": true, "detail": ""}]})"),
        http("200 OK", R"({"ready": true, "checks": [)"
                       R"({"name": "a", "ok": true, "detail": "", "required": 1}]})"),
        http("200 OK", std::string(30'000, '[')), http("404 Not Found", kReady),
        http("401 Unauthorized", kReady), http("20 OK", kReady), http("2000", kReady),
        // The status and the body must say the same.
        http("503 Service Unavailable", kReady),
        http("200 OK", R"({"ready": false, "checks": []})"),
        "HTTP/1.0 200 OK\r\nContent-Length: 29\r\n\r\n" + kReady,
        "HTTP/1.1 200 OK\r\n\r\n" + kReady,
        "HTTP/1.1 200 OK\r\nContent-Length: -29\r\n\r\n" + kReady,
        "HTTP/1.1 200 OK\r\nContent-Length: 29 \r\n\r\n" + kReady,
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n" + kReady,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n" + kReady + "\r\n0\r\n\r\n"));

TEST(ReadinessAnswer, TheCasesAboveFailForTheirOwnReason) {
  ASSERT_EQ(kReady.size(), 29U);
  EXPECT_TRUE(read_readiness(http("200 OK", kReady)));
}

TEST(ReadinessAnswer, OfAnOlderGateHasNoWarnings) {
  const auto older = read_readiness(
      http("200 OK", R"({"ready": true, "checks": [{"name": "a", "ok": true, "detail": ""}]})"));
  ASSERT_TRUE(older) << older.error().message;
  EXPECT_TRUE(older->checks.at(0).required);
}

TEST(ReadinessAnswer, HasABoundedNumberOfChecks) {
  EXPECT_TRUE(read_readiness(answer_for(std::vector<ReadyCheck>(100, {"a", true, ""}))));
  EXPECT_FALSE(read_readiness(answer_for(std::vector<ReadyCheck>(101, {"a", true, ""}))));
}

}  // namespace
}  // namespace portcullis::admin
