#include "proxy/telemetry/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <sys/resource.h>
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
  std::atomic<unsigned> refusals{0};
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
                switch (rank) {
                  case LogRank::kRoutine:
                    ++counted.routine;
                    break;
                  case LogRank::kRefusal:
                    ++counted.refusals;
                    break;
                  case LogRank::kImportant:
                    ++counted.important;
                    break;
                }
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
  LogWriter writer(settings_for(ends, counted, {20'000, 30'000, 40'000}));
  for (int i = 0; i < 1000; ++i) writer.write(numbered(i, 200), LogRank::kRoutine);
  for (int i = 1000; i < 2000; ++i) writer.write(numbered(i, 200), LogRank::kImportant);
  const unsigned dropped = counted.routine + counted.important;
  EXPECT_GT(counted.routine, 850U);
  EXPECT_LT(counted.routine, 1000U);
  EXPECT_GT(counted.important, 850U);
  EXPECT_LT(counted.important, 1000U);

  // A line that is missing is told when the log has come to its place, or later. How often it is
  // told depends on how fast the log is read.
  int last = -1;
  std::uint64_t said = 0;
  std::uint64_t written = 0;
  std::uint64_t missing = 0;
  while (said + written < 2000) {
    const auto lines = lines_of(ends.take_lines(1));
    ASSERT_FALSE(lines.empty());
    for (const auto& line : lines) {
      if (line.starts_with("dropped=")) {
        said += std::stoull(line.substr(8));
        continue;
      }
      const int number = std::stoi(line);
      ASSERT_GT(number, last);
      missing += static_cast<unsigned>(number - last - 1);
      last = number;
      ++written;
      EXPECT_LE(said, missing) << line;
    }
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

// Nothing is lost without a word: the reader comes back when the time is over, and no line that
// waited is written any more, but their number is.
TEST(LogWriter, SaysAtTheEndWhatItCouldNotWrite) {
  const Ends ends(socket_pair());
  constexpr unsigned kLines = 5'000;  // 1 MB, more than the socket takes
  Counted counted;
  std::string read;
  const auto take_some = [&](int flags) {
    std::array<char, 65'536> buffer;
    const auto got = ::recv(ends.read, buffer.data(), buffer.size(), flags);
    if (got > 0) read.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
  };
  {
    auto settings = settings_for(ends, counted);
    settings.on_dropped = [&, count = settings.on_dropped](LogRank rank) {
      if (counted.important == 0) take_some(0);
      count(rank);
    };
    LogWriter writer(std::move(settings));
    for (unsigned i = 0; i < kLines; ++i)
      writer.write(numbered(static_cast<int>(i), 200), LogRank::kImportant);
  }
  while (take_some(MSG_DONTWAIT)) {
  }
  auto lines = lines_of(read);
  ASSERT_FALSE(lines.empty());
  EXPECT_GT(counted.important, 1'000U);
  EXPECT_EQ(lines.back(), "dropped=" + std::to_string(counted.important));
  lines.pop_back();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const auto& line) { return line.ends_with("..."); }) +
                counted.important,
            kLines);
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

// The bound of a file's size stands for a full disk: both give an error in the middle of a line,
// and both can be lifted.
TEST(LogWriter, SaysWhatIsMissingWhenADiskHasRoomAgain) {
  char name[] = "/tmp/log_writer_XXXXXX";  // NOLINT: mkstemp writes into it
  const int file = ::mkostemp(name, O_CLOEXEC);
  ASSERT_GE(file, 0);
  const Ends ends({::open(name, O_RDONLY | O_CLOEXEC), file});
  ::unlink(name);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{250, before.rlim_max};
  Counted counted;
  LogWriter writer(settings_for(ends, counted));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  for (int i = 0; i < 10; ++i) writer.write(numbered(i, 100), LogRank::kImportant);
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (counted.important < 8 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_EQ(counted.important, 8U);

  std::string text;  // nobody says a line any more
  while (text.find("dropped=") == std::string::npos && std::chrono::steady_clock::now() < until) {
    std::array<char, 4096> buffer{};
    const auto got = ::read(ends.read, buffer.data(), buffer.size());
    if (got > 0)
      text.append(buffer.data(), static_cast<std::size_t>(got));
    else
      std::this_thread::sleep_for(10ms);
  }
  const auto lines = lines_of(text);
  ASSERT_EQ(lines.size(), 4U) << text;
  EXPECT_TRUE(lines[1].starts_with("1 "));
  EXPECT_EQ(lines[2].size(), 50U) << "what was written of the third line";
  EXPECT_EQ(lines[3], "dropped=8");
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
