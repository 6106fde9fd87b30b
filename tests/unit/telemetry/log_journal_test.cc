#include "proxy/telemetry/log_journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>

#include "proxy/telemetry/log_line.h"

namespace portcullis::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string entry_of(Severity severity, LogEvent event, std::initializer_list<Field> fields) {
  return journal_entry(format_line(LineFormat::kJournal, severity, {}, event, fields), event,
                       fields);
}

TEST(JournalEntry, HasTheLineAndEachFieldByItself) {
  EXPECT_EQ(entry_of(Severity::kNotice, log_event::kDecision,
                     {{log_field::kKind, "s2s_in"},
                      {log_field::kPeer, ""},
                      {log_field::kDuration, std::int64_t{7}},
                      {log_field::kDetail, "it is \"over\""}}),
            "PRIORITY=5\n"
            "MESSAGE=event=decision kind=s2s_in duration_s=7 detail=\"it is \\\"over\\\"\"\n"
            "SYSLOG_IDENTIFIER=portcullis\n"
            "PORTCULLIS_EVENT=decision\n"
            "PORTCULLIS_KIND=s2s_in\n"
            "PORTCULLIS_DURATION_S=7\n"
            "PORTCULLIS_DETAIL=it is \"over\"\n");
}

TEST(JournalEntry, HasThePriorityOfEachSeverity) {
  for (const auto& [severity, priority] :
       {std::pair{Severity::kError, "PRIORITY=3\n"}, std::pair{Severity::kWarning, "PRIORITY=4\n"},
        std::pair{Severity::kNotice, "PRIORITY=5\n"}, std::pair{Severity::kInfo, "PRIORITY=6\n"},
        std::pair{Severity::kDebug, "PRIORITY=7\n"}})
    EXPECT_THAT(entry_of(severity, log_event::kStopped, {}), StartsWith(priority));
}

TEST(JournalEntry, PeersCannotAddFields) {
  const auto entry = entry_of(Severity::kInfo, log_event::kDecision,
                              {{log_field::kFrom, "a.example\nPORTCULLIS_VERDICT=accepted"},
                               {log_field::kTo, "b\\\x1b[2J\xff"},
                               {log_field::kDetail, std::string(5'000, 'x')}});
  EXPECT_EQ(std::count(entry.begin(), entry.end(), '\n'), 7) << entry;
  EXPECT_THAT(entry, Not(HasSubstr("\nPORTCULLIS_VERDICT")));
  EXPECT_THAT(entry, HasSubstr("PORTCULLIS_FROM=a.example\\u000aPORTCULLIS_VERDICT=accepted\n"));
  EXPECT_THAT(entry, HasSubstr("PORTCULLIS_TO=b\\\\u001b[2J\xef\xbf\xbd\n"));
  EXPECT_LT(entry.size(), 2'700U);
}

TEST(JournalEntry, GivesTheLineBack) {
  for (const auto severity : {Severity::kError, Severity::kDebug}) {
    const auto line = format_line(LineFormat::kJournal, severity, {}, log_event::kDecision,
                                  {{log_field::kFrom, "x y\nz"}, {log_field::kTo, "b"}});
    EXPECT_EQ(line_of_entry(journal_entry(line, log_event::kDecision, {})), line);
  }
}

// Here no journal answers.
TEST(LogJournal, WritesTheLineWhereNoJournalAnswers) {
  if (::access("/run/systemd/journal/socket", F_OK) == 0) GTEST_SKIP() << "a journal answers";
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const std::atomic<bool> given_up{false};
  LogDescriptor fallback(ends[1], given_up);
  LogJournal journal(fallback);
  EXPECT_TRUE(journal.write(entry_of(Severity::kWarning, log_event::kStopped, {})));
  std::array<char, 100> read{};
  const auto size = ::read(ends[0], read.data(), read.size());
  EXPECT_EQ(std::string(read.data(), static_cast<std::size_t>(size)), "<4>event=stopped\n");
  ::close(ends[0]);
  std::signal(SIGPIPE, SIG_IGN);  // which the log's thread blocks
  EXPECT_FALSE(journal.write(entry_of(Severity::kWarning, log_event::kStopped, {})));
  ::close(ends[1]);
}

}  // namespace
}  // namespace portcullis::telemetry
