#include "proxy/telemetry/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <regex>
#include <thread>
#include <vector>

#include "proxy/telemetry/escape.h"
#include "proxy/telemetry/log_line.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::telemetry {
namespace {

constexpr LogTime kNoon{std::chrono::milliseconds(1'735'732'800'042)};  // 2025-01-01T12:00:00.042Z

std::string escaped(std::string_view text, std::size_t limit = 1024) {
  std::string out;
  append_escaped(out, text, limit);
  return out;
}

TEST(LogLine, TextIsLogfmt) {
  EXPECT_EQ(format_line(LineFormat::kText, Severity::kNotice, kNoon, LogEvent("decision"),
                        {{LogField("kind"), "s2s_in"},
                         {LogField("id"), std::int64_t{4711}},
                         {LogField("peer"), "[2001:db8::7]:4000"},
                         {LogField("from"), ""},
                         {LogField("detail"), "it is \"expired\"; renew"}}),
            "time=2025-01-01T12:00:00.042Z level=notice event=decision kind=s2s_in id=4711 "
            "peer=[2001:db8::7]:4000 detail=\"it is \\\"expired\\\"; renew\"\n");
}

TEST(LogLine, JournalHasPriorityInsteadOfTimeAndLevel) {
  EXPECT_EQ(format_line(LineFormat::kJournal, Severity::kError, kNoon, LogEvent("x"), {}),
            "<3>event=x\n");
  EXPECT_EQ(format_line(LineFormat::kJournal, Severity::kWarning, kNoon, LogEvent("x"), {}),
            "<4>event=x\n");
  EXPECT_EQ(format_line(LineFormat::kJournal, Severity::kNotice, kNoon, LogEvent("x"), {}),
            "<5>event=x\n");
  EXPECT_EQ(format_line(LineFormat::kJournal, Severity::kInfo, kNoon, LogEvent("x"), {}),
            "<6>event=x\n");
  EXPECT_EQ(format_line(LineFormat::kJournal, Severity::kDebug, kNoon, LogEvent("x"),
                        {{LogField("a"), "<b>"}}),
            "<7>event=x a=\"<b>\"\n");
}

TEST(LogLine, JsonIsOneObject) {
  EXPECT_EQ(format_line(LineFormat::kJson, Severity::kInfo, kNoon, LogEvent("end"),
                        {{LogField("kind"), "c2s"},
                         {LogField("in_bytes"), std::int64_t{-1}},
                         {LogField("from"), ""}}),
            "{\"time\":\"2025-01-01T12:00:00.042Z\",\"level\":\"info\",\"event\":\"end\","
            "\"kind\":\"c2s\",\"in_bytes\":-1}\n");
}

TEST(LogLine, PeersCannotAddFieldsOrLines) {
  for (const LineFormat format : {LineFormat::kText, LineFormat::kJournal, LineFormat::kJson}) {
    const std::string line =
        format_line(format, Severity::kNotice, kNoon, LogEvent("decision"),
                    {{LogField("from"), "a.example\n<3>event=decision verdict=accepted"},
                     {LogField("to"), "b verdict=accepted"},
                     {LogField("detail"), "\" verdict=accepted \""}});
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    EXPECT_TRUE(line.ends_with('\n'));
    // Outside quotes no "verdict" may be left.
    const std::string bare = std::regex_replace(line, std::regex(R"re("([^"\\]|\\.)*")re"), "Q");
    EXPECT_EQ(bare.find("verdict"), std::string::npos) << bare;
  }
}

TEST(LogLine, LongValuesAreCut) {
  const std::string line = format_line(LineFormat::kText, Severity::kInfo, kNoon, LogEvent("x"),
                                       {{LogField("detail"), std::string(5000, 'a')}});
  EXPECT_LT(line.size(), 1200U);
  EXPECT_NE(line.find("aaa...\"\n"), std::string::npos);
}

TEST(Escape, ControlCharactersAndQuotes) {
  EXPECT_EQ(escaped("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(escaped(std::string_view("\0\t\n\r\x1b[2J\x7f", 9)),
            "\\u0000\\u0009\\u000a\\u000d\\u001b[2J\\u007f");
}

TEST(Escape, KeepsUtf8ButNotWhatReordersALine) {
  EXPECT_EQ(escaped("m\xc3\xbcnchen \xe4\xb8\xad \xf0\x9f\x8d\x8e"),
            "m\xc3\xbcnchen \xe4\xb8\xad \xf0\x9f\x8d\x8e");
  EXPECT_EQ(escaped("\xc2\x85"), "\\u0085");
  EXPECT_EQ(escaped("\xe2\x80\xae"), "\\u202e");
  EXPECT_EQ(escaped("\xe2\x80\xa8"), "\\u2028");
  EXPECT_EQ(escaped("\xe2\x81\xa6"), "\\u2066");
}

TEST(Escape, InvalidUtf8BecomesReplacementCharacters) {
  const std::string replacement = "\xef\xbf\xbd";
  EXPECT_EQ(escaped("\xff"), replacement);
  EXPECT_EQ(escaped("a\xc3"), "a" + replacement);
  EXPECT_EQ(escaped("\xc0\xaf"), replacement + replacement);                    // overlong
  EXPECT_EQ(escaped("\xe0\x80\xaf"), replacement + replacement + replacement);  // overlong
  EXPECT_EQ(escaped("\xed\xa0\x80"), replacement + replacement + replacement);  // surrogate
  EXPECT_EQ(escaped("\xf4\x90\x80\x80").size(), 4 * replacement.size());        // > U+10FFFF
  EXPECT_EQ(escaped("\xe4\xb8"
                    "a"),
            replacement + replacement + "a");
}

TEST(Escape, CutsAtACharacter) {
  EXPECT_EQ(escaped("abcdef", 6), "abcdef");
  EXPECT_EQ(escaped("abcdefg", 6), "abcdef...");
  EXPECT_EQ(escaped("ab\xc3\xbc", 3), "ab...");
}

TEST(Journal, OnlyWhenTheDescriptorIsTheJournalsStream) {
  struct stat status {};
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  const std::string same = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  EXPECT_TRUE(is_journal(same.c_str(), STDERR_FILENO));
  EXPECT_FALSE(is_journal((same + "1").c_str(), STDERR_FILENO));
  EXPECT_FALSE(is_journal(nullptr, STDERR_FILENO));
  EXPECT_FALSE(is_journal("", STDERR_FILENO));
  EXPECT_FALSE(is_journal(same.c_str(), -1));
}

TEST(Log, DebugOnlyWhenAskedFor) {
  std::vector<std::string> lines;
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  policy::Log settings;
  Log quiet(settings, sink);
  quiet.write(Severity::kDebug, LogEvent("x"), {});
  EXPECT_TRUE(lines.empty());
  settings.debug = true;
  settings.format = policy::LogFormat::kJson;
  Log verbose(settings, sink);
  verbose.write(Severity::kDebug, LogEvent("x"), {});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("{\"time\":\"2")) << lines[0];
}

// What a real program prints: standard error is replaced by a pipe or file.
std::string stderr_of(const policy::Log& settings, bool journal) {
  const std::string path = ::testing::TempDir() + "log_test";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(file, STDERR_FILENO);
  struct stat status {};
  fstat(STDERR_FILENO, &status);
  if (journal)
    setenv("JOURNAL_STREAM",
           (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
  else
    unsetenv("JOURNAL_STREAM");
  {
    Metrics metrics;
    Log log(settings, metrics.log);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i)
          log.write(Severity::kNotice, LogEvent("decision"), {{LogField("kind"), "c2s"}});
      });
    for (auto& thread : threads) thread.join();
  }
  unsetenv("JOURNAL_STREAM");
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  std::string text(100'000, '\0');
  text.resize(static_cast<std::size_t>(::pread(file, text.data(), text.size(), 0)));
  ::close(file);
  ::unlink(path.c_str());
  return text;
}

std::size_t matching_lines(const std::string& text, const std::string& pattern) {
  std::size_t count = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    if (!std::regex_match(text.substr(at, end - at), std::regex(pattern))) return 0;
    ++count;
    at = end + 1;
  }
  return count;
}

TEST(Log, AutoIsJournalUnderSystemdAndTextElsewhere) {
  const std::string stamp = R"(time=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ level=notice )";
  EXPECT_EQ(matching_lines(stderr_of({}, true), "<5>event=decision kind=c2s"), 400U);
  EXPECT_EQ(matching_lines(stderr_of({}, false), stamp + "event=decision kind=c2s"), 400U);
  policy::Log text;
  text.format = policy::LogFormat::kText;
  EXPECT_EQ(matching_lines(stderr_of(text, true), stamp + "event=decision kind=c2s"), 400U);
}

}  // namespace
}  // namespace portcullis::telemetry
