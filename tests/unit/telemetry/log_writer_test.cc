#include "proxy/telemetry/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace portcullis::telemetry {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Two ends that are closed with the object, each only once.
struct Ends {
  explicit Ends(std::array<int, 2> given) : read(given[0]), write(given[1]) {}
  ~Ends() {
    close_read();
    ::close(write);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  void close_read() {
    if (read >= 0) ::close(read);
    read = -1;
  }
  // What is there until `count` line feeds were read.
  std::string take_lines(std::size_t count) const {
    std::string text;
    std::array<char, 4096> buffer;
    std::size_t lines = 0;
    while (lines < count) {
      const auto got = ::read(read, buffer.data(), buffer.size());
      if (got <= 0) break;
      const std::string_view part(buffer.data(), static_cast<std::size_t>(got));
      lines += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
      text += part;
    }
    return text;
  }

  int read;
  int write;
};

// The smallest pipe there is: one page.
std::array<int, 2> small_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  EXPECT_GE(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
  return ends;
}

std::array<int, 2> socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return ends;
}

struct Counted {
  std::atomic<unsigned> routine{0};
  std::atomic<unsigned> important{0};
};

LogWriter::Settings settings_for(const Ends& ends, Counted& counted, LogQueue::Bounds bounds = {}) {
  return {.descriptor = ends.write,
          .bounds = bounds,
          .flush = 300ms,
          .gap = [](std::uint64_t dropped) { return "dropped=" + std::to_string(dropped) + "\n"; },
          .on_dropped =
              [&counted](LogRank rank) {
                ++(rank == LogRank::kImportant ? counted.important : counted.routine);
              }};
}

std::string numbered(int number, std::size_t size) {
  std::string line = std::to_string(number) + " ";
  line.resize(size - 1, '.');
  return line + "\n";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  EXPECT_EQ(at, text.size()) << "the last line is not whole";
  return lines;
}

TEST(LogWriter, WritesAllInOrderToAReaderThatComesLate) {
  for (const bool is_socket : {false, true}) {
    const Ends ends(is_socket ? socket_pair() : small_pipe());
    Counted counted;
    LogWriter writer(settings_for(ends, counted));
    for (int i = 0; i < 1000; ++i) writer.write(numbered(i, 200), LogRank::kRoutine);
    const auto lines = lines_of(ends.take_lines(1000));
    ASSERT_EQ(lines.size(), 1000U);
    for (int i = 0; i < 1000; ++i)
      EXPECT_TRUE(lines[static_cast<std::size_t>(i)].starts_with(std::to_string(i) + " "));
    EXPECT_EQ(counted.routine, 0U);
  }
}

TEST(LogWriter, WritesLinesThatAPipeTakesOnlyInParts) {
  const Ends ends(small_pipe());
  Counted counted;
  LogWriter writer(settings_for(ends, counted));
  for (int i = 0; i < 5; ++i) writer.write(numbered(i, 3 * PIPE_BUF + 7), LogRank::kImportant);
  const auto lines = lines_of(ends.take_lines(5));
  ASSERT_EQ(lines.size(), 5U);
  for (const auto& line : lines) EXPECT_EQ(line.size(), 3U * PIPE_BUF + 6);
}

// Whoever says a line does not wait, and what finds no room is counted and told, where it is
// missing.
TEST(LogWriter, SaysWhatItHadToDrop) {
  const Ends ends(small_pipe());
  Counted counted;
  LogWriter writer(settings_for(ends, counted, {20'000, 40'000}));
  for (int i = 0; i < 1000; ++i) writer.write(numbered(i, 200), LogRank::kRoutine);
  for (int i = 1000; i < 2000; ++i) writer.write(numbered(i, 200), LogRank::kImportant);
  const unsigned dropped = counted.routine + counted.important;
  EXPECT_GT(counted.routine, 850U);
  EXPECT_LT(counted.routine, 1000U);
  EXPECT_GT(counted.important, 850U);
  EXPECT_LT(counted.important, 1000U);

  const auto lines = lines_of(ends.take_lines(2000 - dropped + 2));
  ASSERT_EQ(lines.size(), 2000 - dropped + 2);
  int last = -1;
  std::uint64_t said = 0;
  for (const auto& line : lines) {
    if (line.starts_with("dropped=")) {
      EXPECT_TRUE(last == -1 || last >= static_cast<int>(999 - counted.routine)) << line;
      said += std::stoull(line.substr(8));
      continue;
    }
    EXPECT_GT(std::stoi(line), last);
    last = std::stoi(line);
  }
  EXPECT_EQ(said, dropped);
}

TEST(LogWriter, EndsInTimeWhenNobodyReads) {
  const Ends ends(small_pipe());
  Counted counted;
  const auto started = std::chrono::steady_clock::now();
  {
    LogWriter writer(settings_for(ends, counted));
    for (int i = 0; i < 1000; ++i) writer.write(numbered(i, 200), LogRank::kImportant);
  }
  const auto took = std::chrono::steady_clock::now() - started;
  EXPECT_GE(took, 300ms);
  EXPECT_LT(took, 2s);
}

TEST(LogWriter, WritesWhatWaitsBeforeItEnds) {
  const Ends ends(small_pipe());
  Counted counted;
  std::string text;
  std::thread reader([&] { text = ends.take_lines(1000); });
  {
    LogWriter writer(settings_for(ends, counted));
    for (int i = 0; i < 1000; ++i) writer.write(numbered(i, 100), LogRank::kRoutine);
  }
  reader.join();
  EXPECT_EQ(lines_of(text).size(), 1000U);
}

TEST(LogWriter, OutlivesItsReader) {
  std::signal(SIGPIPE, SIG_DFL);  // it would end us
  for (const bool is_socket : {false, true}) {
    Ends ends(is_socket ? socket_pair() : small_pipe());
    ends.close_read();
    Counted counted;
    {
      LogWriter writer(settings_for(ends, counted));
      for (int i = 0; i < 100; ++i) writer.write(numbered(i, 100), LogRank::kImportant);
    }
    EXPECT_EQ(counted.important, 100U);
  }
}

// A descriptor may be non-blocking because another program made it so.
TEST(LogWriter, WaitsForANonBlockingDescriptor) {
  const Ends ends(small_pipe());
  ASSERT_EQ(::fcntl(ends.write, F_SETFL, O_NONBLOCK), 0);
  Counted counted;
  LogWriter writer(settings_for(ends, counted));
  for (int i = 0; i < 500; ++i) writer.write(numbered(i, 100), LogRank::kRoutine);
  EXPECT_EQ(lines_of(ends.take_lines(500)).size(), 500U);
  EXPECT_EQ(counted.routine, 0U);
}

TEST(LogWriter, CountsWhatADiskDoesNotTake) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  const Ends ends({-1, full});
  Counted counted;
  {
    LogWriter writer(settings_for(ends, counted));
    for (int i = 0; i < 10; ++i) writer.write(numbered(i, 100), LogRank::kImportant);
  }
  EXPECT_EQ(counted.important, 10U);
}

TEST(LogWriter, TakesLinesFromManyThreads) {
  const Ends ends(small_pipe());
  Counted counted;
  LogWriter writer(settings_for(ends, counted));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&writer, t] {
      for (int i = 0; i < 250; ++i) writer.write(numbered(1000 * t + i, 100), LogRank::kRoutine);
    });
  const auto lines = lines_of(ends.take_lines(1000));
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(lines.size(), 1000U);
  std::array<int, 4> next{0, 1000, 2000, 3000};
  for (const auto& line : lines) {
    const int number = std::stoi(line);
    EXPECT_EQ(number, next[static_cast<std::size_t>(number / 1000)]++);  // each thread's own order
  }
}

}  // namespace
}  // namespace portcullis::telemetry
