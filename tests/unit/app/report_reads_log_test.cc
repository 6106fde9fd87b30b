// The report reads what the log writes.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "proxy/relay/stream_lines.h"
#include "proxy/report/decision_line.h"

namespace portcullis {
namespace {

using policy::Reason;
using policy::Verdict;

std::vector<std::string> lines_of(policy::LogFormat format,
                                  const std::vector<policy::Decision>& decisions) {
  std::vector<std::string> lines;
  telemetry::Log log(policy::Log{format, false},
                     [&](std::string_view line) { lines.emplace_back(line); });
  for (const auto& decision : decisions)
    relay::write_decision(
        log,
        {StreamKind::kS2sOutbound, TlsEntry::kDirectTls, "1", "192.0.2.1:5269", {}, {}, {}, {}},
        {"legacy.example", "\"odd\\\n\xff name\" verdict=accepted", "*.example"}, decision);
  return lines;
}

report::Line read(const std::string& line) {
  const std::string_view text(line);
  return report::parse_line(text.substr(0, text.find('\n')), {});
}

TEST(ReportReadsLog, EveryDecisionInEveryFormat) {
  std::vector<policy::Decision> decisions{{}};
  for (const Verdict verdict : {Verdict::kRejected, Verdict::kWouldReject, Verdict::kExcepted})
    for (std::size_t i = 0; i < policy::kReasonCount; ++i)
      decisions.push_back({verdict, policy::refuse(policy::reason_at(i)), {}});
  for (const auto format : {policy::LogFormat::kText, policy::LogFormat::kJson}) {
    const auto lines = lines_of(format, decisions);
    ASSERT_EQ(lines.size(), decisions.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto line = read(lines[i]);
      const auto* const found = std::get_if<report::DecisionLine>(&line);
      ASSERT_NE(found, nullptr) << lines[i];
      EXPECT_EQ(found->kind, StreamKind::kS2sOutbound);
      EXPECT_EQ(found->verdict, decisions[i].verdict) << lines[i];
      const auto& refusal = decisions[i].refusal;
      EXPECT_EQ(found->reason, refusal ? std::optional(refusal->reason) : std::nullopt) << lines[i];
      EXPECT_EQ(found->from, "legacy.example");
      EXPECT_EQ(found->to, "\"odd\\\n\xef\xbf\xbd name\" verdict=accepted");
      EXPECT_TRUE(found->time) << lines[i];
    }
  }
}

TEST(ReportReadsLog, OtherEventsAreNotDecisions) {
  for (const auto format : {policy::LogFormat::kText, policy::LogFormat::kJson}) {
    std::vector<std::string> lines;
    telemetry::Log log(policy::Log{format, false},
                       [&](std::string_view line) { lines.emplace_back(line); });
    relay::write_end(log,
                     {StreamKind::kC2s,
                      TlsEntry::kStartTls,
                      "1",
                      "192.0.2.1:5222",
                      "event=decision",
                      "b.example",
                      {TlsVersion::kTls13},
                      {}},
                     {telemetry::End::kPeer, "event=decision", std::chrono::seconds(1), 1, 2});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<report::OtherLine>(read(lines[0]))) << lines[0];
  }
}

}  // namespace
}  // namespace portcullis
