#include "proxy/report/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "policy/reasons/reason.h"
#include "tests/support/source_tree.h"

namespace portcullis::report {
namespace {

using std::chrono::sys_days;

constexpr std::chrono::sys_seconds kNow =
    sys_days(std::chrono::year(2026) / std::chrono::November / 27) + std::chrono::hours(12);
constexpr TimeReference kReference{kNow, std::chrono::hours(1)};

std::string data(const std::string& name) {
  std::ifstream file(test::in_source_tree("tests/unit/report/data/" + name));
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

LogReader read(std::string_view log, ReadOptions options = {kReference, std::nullopt}) {
  LogReader reader(options);
  reader.feed(log);
  reader.end_of_file();
  return reader;
}

std::string line(const std::string& from, const std::string& rest) {
  return "event=decision kind=s2s_in from=" + from + " " + rest + "\n";
}

TEST(Report, TextIsAsAgreed) {
  EXPECT_EQ(text_report(read(data("mixed.log")), Breakdown::kReasonAndDomain), data("mixed.txt"));
}

TEST(Report, MarkdownIsAsAgreed) {
  EXPECT_EQ(markdown_report(read(data("proved.log"))), data("proved.md"));
}

TEST(Report, HtmlIsAsAgreed) {
  EXPECT_EQ(html_report(read(data("proved.log"))), data("proved.html"));
}

TEST(Report, JsonIsAsAgreed) {
  EXPECT_EQ(json_report(read(data("mixed.log")), {"Example Org", "xmpp:operator@example.org"}),
            data("mixed.json"));
}

TEST(Report, TextShowsTheBreakdownThatWasAskedFor) {
  const auto log = read(data("mixed.log"));
  const auto reasons = text_report(log, Breakdown::kReason);
  const auto domains = text_report(log, Breakdown::kDomain);
  EXPECT_EQ(reasons.find("nostarttls.example"), std::string::npos);
  EXPECT_NE(reasons.find("starttls_not_offered"), std::string::npos);
  EXPECT_NE(domains.find("nostarttls.example"), std::string::npos);
  EXPECT_EQ(domains.find(" domains  "), std::string::npos);
}

TEST(Report, SaysSoWhenThereIsNothing) {
  EXPECT_EQ(text_report(read("a\nb\n"), Breakdown::kReasonAndDomain),
            "No decision about a server-to-server stream in 2 lines.\n\n");
  EXPECT_NE(markdown_report(read("")).find("None.\n"), std::string::npos);
  EXPECT_NE(html_report(read("")).find("None.</p>\n"), std::string::npos);
  const auto json = nlohmann::json::parse(json_report(read(""), {"o", ""}));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_TRUE(json["policies"].empty());
  EXPECT_TRUE(json["date-range"]["start-datetime"].is_null());
}

// Whatever a peer called itself, a report is made of lines and cells of our own.
TEST(Report, NamesOfPeersCannotBreakAnyForm) {
  for (const std::string name :
       {R"("x\u000a## Owned")", "\"[x](http://evil.example)\"", R"("a|b|c")", R"("<img src=x>")",
        R"("\u001b[31mred")", R"("\u202egnp.exe")", R"("`code`")", "\"\xff\xfe\"",
        R"("a.example, \"verdict\": 1")"}) {
    const auto log = read(line(name, "verdict=would_reject reason=expired"));
    ASSERT_EQ(log.tally().streams(Group::kWouldReject), 1U) << name;
    const auto text = text_report(log, Breakdown::kReasonAndDomain);
    const auto harmless = [](char c) { return c == '\n' || (c >= 0x20 && c <= 0x7e); };
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), harmless)) << name;
    EXPECT_EQ(text.find("\n## "), std::string::npos);
    const auto called = read("event=decision kind=s2s_out found=srv from=l.example to=" + name +
                             " verdict=would_reject reason=expired\n");
    for (const auto& page :
         {markdown_report(log), html_report(log), markdown_report(called), html_report(called)}) {
      EXPECT_TRUE(std::all_of(page.begin(), page.end(), harmless)) << name;
      for (const std::string part : {"Owned", "evil", "a|b", "<img", "gnp", "`code`", "verdict"})
        EXPECT_EQ(page.find(part), std::string::npos) << name;
    }
    const auto json = nlohmann::json::parse(json_report(log, {"o", "c"}));
    EXPECT_TRUE(json["policies"].empty()) << name;
    EXPECT_EQ(json["portcullis"]["streams"].size(), 1U);
  }
}

TEST(Report, HomographsAreShownAsALabels) {
  const auto log = read(
      "event=decision kind=s2s_out found=srv to=\"\xd1\x80\x61ypal.example\" "
      "verdict=would_reject reason=expired\n");
  EXPECT_NE(markdown_report(log).find("| `xn--aypal-uye.example` |"), std::string::npos);
}

TEST(Report, SpellingsOfOneDomainAreOneDomain) {
  const auto log = read(line("A.Example", "verdict=would_reject reason=expired") +
                        line("a.example.", "verdict=would_reject reason=expired"));
  EXPECT_EQ(log.tally().domains(Group::kWouldReject), 1U);
}

TEST(Report, SaysHowManyMoreThereAreBeyondTheBound) {
  std::string log;
  for (int i = 0; i < 7; ++i)
    log += line("d" + std::to_string(i) + ".example", "verdict=would_reject reason=expired");
  log += line("d0.example", "verdict=would_reject reason=expired");
  log +=
      "event=decision kind=s2s_out from=l.example to=out.example verdict=would_reject "
      "reason=expired\n";
  const auto reader = read(log, {kReference, std::nullopt, 3});
  EXPECT_EQ(reader.tally().streams(Group::kWouldReject), 9U);
  EXPECT_EQ(reader.tally().further(Group::kWouldReject), 4U);
  const auto text = text_report(reader, Breakdown::kReasonAndDomain);
  EXPECT_NE(text.find("9 streams, at least 4 domains"), std::string::npos) << text;
  EXPECT_NE(text.find("and 4 streams of other domains, which are too many to list"),
            std::string::npos);
  EXPECT_NE(text.find("4+"), std::string::npos);
  // What strangers claim on incoming streams does not crowd out what was met on outgoing ones.
  EXPECT_NE(text.find("out.example"), std::string::npos);
  const auto json = nlohmann::json::parse(json_report(reader, {"o", "c"}));
  EXPECT_EQ(json["portcullis"]["streams_of_unlisted_domains"]["would_reject"], 4);
  EXPECT_EQ(json["portcullis"]["decisions"]["would_reject"], 9);
}

TEST(Report, StandsFarTimes) {
  const auto log = read("9999-12-31T23:59:59Z " + line("a.example", "verdict=accepted") +
                        R"({"__REALTIME_TIMESTAMP":"9223372036854775807","MESSAGE":")" +
                        R"(event=decision kind=s2s_in from=b.example verdict=accepted"})");
  EXPECT_NE(text_report(log, Breakdown::kReason).find("to 9999-12-31T23:59:59Z"),
            std::string::npos);
  EXPECT_EQ(log.counts().undated, 1U);
}

TEST(Report, CountsEverySessionOnceInTlsrpt) {
  const auto json = nlohmann::json::parse(json_report(
      read(line("a.example", "verdict=accepted") + line("a.example", "verdict=accepted") +
           line("a.example", "verdict=excepted reason=self_signed") +
           line("a.example", "verdict=would_reject reason=expired") +
           line("a.example", "verdict=rejected reason=backend_unavailable")),
      {"o", "c"}));
  ASSERT_EQ(json["policies"].size(), 1U);
  const auto& policy = json["policies"][0];
  EXPECT_EQ(policy["policy"]["policy-domain"], "a.example");
  EXPECT_EQ(policy["summary"]["total-successful-session-count"], 2);
  EXPECT_EQ(policy["summary"]["total-failure-session-count"], 2);
  EXPECT_EQ(policy["failure-details"].size(), 2U);
  EXPECT_EQ(json["portcullis"]["decisions"]["not_the_peer"], 1);
}

}  // namespace
}  // namespace portcullis::report
