#include "proxy/report/log_reader.h"

#include <gtest/gtest.h>

namespace portcullis::report {
namespace {

using policy::Reason;

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};  // 2027-01-15 08:00
constexpr ReadOptions kOptions{{kNow, std::chrono::seconds(0)}, std::nullopt};

constexpr std::string_view kAccept =
    "event=decision kind=s2s_in from=a.example to=b.example verdict=accepted\n";

TEST(LogReader, DoesNotMindHowALogIsCutIntoPieces) {
  const std::string log = std::string("other\n") + std::string(kAccept) + std::string(kAccept);
  for (std::size_t size = 1; size <= log.size(); ++size) {
    LogReader reader(kOptions);
    for (std::size_t at = 0; at < log.size(); at += size)
      reader.feed(std::string_view(log).substr(at, size));
    reader.end_of_file();
    EXPECT_EQ(reader.tally().streams(Group::kAccepted), 2U) << size;
    EXPECT_EQ(reader.counts().lines, 3U) << size;
    EXPECT_EQ(reader.counts().unreadable, 0U) << size;
  }
}

TEST(LogReader, TheLastLineMayLackItsEnd) {
  LogReader reader(kOptions);
  reader.feed(kAccept.substr(0, kAccept.size() - 1));
  EXPECT_EQ(reader.tally().streams(Group::kAccepted), 0U);
  reader.end_of_file();
  EXPECT_EQ(reader.tally().streams(Group::kAccepted), 1U);
  reader.end_of_file();
  EXPECT_EQ(reader.tally().streams(Group::kAccepted), 1U);
}

TEST(LogReader, TwoFilesAreNotOneLine) {
  LogReader reader(kOptions);
  reader.feed("event=decision kind=s2s_in ");
  reader.end_of_file();
  reader.feed("from=a.example verdict=accepted\n");
  EXPECT_EQ(reader.tally().all().streams, 0U);
  EXPECT_EQ(reader.counts().unreadable, 1U);
}

TEST(LogReader, GivesUpLinesBeyondAllBoundsAndGoesOn) {
  LogReader reader(kOptions);
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 100; ++i) reader.feed(piece);
  reader.feed("\n");
  reader.feed(kAccept);
  EXPECT_EQ(reader.counts().lines, 2U);
  EXPECT_EQ(reader.counts().unreadable, 1U);
  EXPECT_EQ(reader.tally().streams(Group::kAccepted), 1U);
}

TEST(LogReader, ALineThatIsJustWithinBoundsIsRead) {
  std::string line(kAccept.substr(0, kAccept.size() - 1));
  line += " detail=\"";
  line.append(LogReader::kMaxLine - line.size() - 1, 'x');
  line += '"';
  ASSERT_EQ(line.size(), LogReader::kMaxLine);
  LogReader reader(kOptions);
  reader.feed(line + "\n");
  EXPECT_EQ(reader.tally().streams(Group::kAccepted), 1U);
  reader.feed(" " + line + "\n");
  EXPECT_EQ(reader.counts().unreadable, 1U);
}

TEST(LogReader, LeavesOutWhatIsOlderThanAsked) {
  auto options = kOptions;
  options.since = std::chrono::hours(24);
  LogReader reader(options);
  reader.feed("2027-01-14T08:00:00Z " + std::string(kAccept));
  reader.feed("2027-01-14T07:59:59Z " + std::string(kAccept));
  reader.feed(kAccept);
  EXPECT_EQ(reader.tally().streams(Group::kAccepted), 2U);
  EXPECT_EQ(reader.counts().older, 1U);
  EXPECT_EQ(reader.counts().undated, 1U);
}

TEST(LogReader, KeepsFirstAndLastOfAnyOrder) {
  LogReader reader(kOptions);
  for (const char* day : {"12", "10", "11"})
    reader.feed("2027-01-" + std::string(day) + "T00:00:00Z " + std::string(kAccept));
  ASSERT_EQ(reader.tally().rows().size(), 1U);
  const auto& row = reader.tally().rows().begin()->second;
  EXPECT_EQ(row.streams, 3U);
  EXPECT_EQ(*row.last - *row.first, std::chrono::days(2));
}

std::string_view group_of(const std::string& kind, const std::string& verdict,
                          const std::string& reason) {
  LogReader reader(kOptions);
  reader.feed("event=decision kind=" + kind + " from=a.example to=b.example verdict=" + verdict +
              " reason=" + reason + "\n");
  for (const auto& [group, name] :
       {std::pair{Group::kWouldReject, "would_reject"}, std::pair{Group::kRejected, "rejected"},
        std::pair{Group::kExcepted, "excepted"}, std::pair{Group::kNotThePeer, "not_the_peer"}})
    if (reader.tally().streams(group) == 1) return name;
  return "none";
}

TEST(Groups, FaultsOfOursAreNotThePeers) {
  EXPECT_EQ(group_of("s2s_in", "would_reject", "expired"), "would_reject");
  EXPECT_EQ(group_of("s2s_in", "rejected", "expired"), "rejected");
  EXPECT_EQ(group_of("s2s_in", "excepted", "expired"), "excepted");
  for (const std::string reason :
       {"backend_unavailable", "backend_misconfigured", "backend_without_tls", "not_the_backend",
        "backend_changed", "backend_stopping", "dns_failed", "no_such_service", "peer_unreachable",
        "peer_left", "shutting_down", "rate_limited", "internal_error"})
    EXPECT_EQ(group_of("s2s_out", "rejected", reason), "not_the_peer") << reason;
}

// On an outgoing stream the initiating entity is our own backend, on an incoming one the receiving.
TEST(Groups, WhatOnlyOurBackendCanDoIsNotThePeers) {
  EXPECT_EQ(group_of("s2s_in", "would_reject", "dialback_attempted"), "would_reject");
  EXPECT_EQ(group_of("s2s_out", "rejected", "dialback_attempted"), "not_the_peer");
  EXPECT_EQ(group_of("s2s_in", "would_reject", "plaintext_refused"), "would_reject");
  EXPECT_EQ(group_of("s2s_out", "rejected", "plaintext_refused"), "not_the_peer");
  EXPECT_EQ(group_of("s2s_out", "would_reject", "starttls_not_offered"), "would_reject");
  EXPECT_EQ(group_of("s2s_in", "rejected", "starttls_not_offered"), "not_the_peer");
}

// An initiating entity that tries another mechanism, or says a stream error and goes.
TEST(Groups, WhatThePeerDoesOnEitherSideIsThePeers) {
  for (const std::string kind : {"s2s_in", "s2s_out"}) {
    EXPECT_EQ(group_of(kind, "rejected", "external_not_offered"), "rejected");
    EXPECT_EQ(group_of(kind, "rejected", "refused_by_peer"), "rejected");
  }
}

TEST(RemoteDomain, IsTheOtherServersName) {
  DecisionLine line;
  line.from =
      "B\xc3\xbc"
      "cher.Example";
  line.to = "local.example";
  EXPECT_EQ(remote_domain(line), "xn--bcher-kva.example");
  line.kind = StreamKind::kS2sOutbound;
  EXPECT_EQ(remote_domain(line), "local.example");
}

TEST(RemoteDomain, WhatIsNoneIsQuotedAndBounded) {
  DecisionLine line;
  EXPECT_EQ(remote_domain(line), "");
  line.from = "a b\n\"\x80";
  EXPECT_EQ(remote_domain(line), "\"a b?\"?\"");
  line.from = std::string(1000, '_');
  EXPECT_EQ(remote_domain(line), "\"" + std::string(64, '_') + "...\"");
  line.from = "192.0.2.1";
  EXPECT_EQ(remote_domain(line), "\"192.0.2.1\"");
}

}  // namespace
}  // namespace portcullis::report
