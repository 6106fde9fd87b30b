// How much memory streams may take, and when what was freed goes back to the system.

#include <gtest/gtest.h>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "proxy/app/memory_return.h"
#include "proxy/app/memory_share.h"
#include "tests/support/test_pki.h"
#include "tests/unit/net/harness.h"

#ifndef __has_feature
#define __has_feature(x) 0  // clang's; g++ defines __SANITIZE_ADDRESS__ instead
#endif

namespace portcullis::app {
namespace {

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

// A /proc and a /sys of our own.
class Root {
 public:
  void write(const std::string& file, const std::string& text) {
    const auto path = std::filesystem::path(files_.path()) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  MemoryBound bound() const { return memory_bound(files_.path()); }

 private:
  test::TempDir files_;
};

std::size_t of_machine() {
  return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(MemoryBound, IsTheMachineWhereNothingElseSaysLess) {
  const Root root;
  EXPECT_EQ(root.bound().octets, of_machine());
  EXPECT_EQ(root.bound().of, "the machine");
}

TEST(MemoryBound, IsThatOfTheCgroup) {
  Root root;
  root.write("proc/self/cgroup", "0::/system.slice/portcullis.service\n");
  root.write("sys/fs/cgroup/system.slice/portcullis.service/memory.max", "104857600\n");
  EXPECT_EQ(root.bound().octets, 100 * kMiB);
  EXPECT_EQ(root.bound().of, "the cgroup");
}

TEST(MemoryBound, IsTheLeastOfTheCgroupAndThoseAbove) {
  Root root;
  root.write("proc/self/cgroup", "0::/a/b\n");
  root.write("sys/fs/cgroup/a/b/memory.max", "max\n");
  root.write("sys/fs/cgroup/a/b/memory.high", "94371840\n");
  root.write("sys/fs/cgroup/a/memory.max", "83886080\n");
  EXPECT_EQ(root.bound().octets, 80 * kMiB);
}

TEST(MemoryBound, IsThatOfACgroupOfVersionOne) {
  Root root;
  root.write("proc/self/cgroup", "5:cpu,cpuacct:/x\n3:memory:/docker/abc\n0::/y\n");
  root.write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "73400320\n");
  EXPECT_EQ(root.bound().octets, 70 * kMiB);
}

// A container does not see the path that it has outside.
TEST(MemoryBound, IsThatOfTheUppermostFolderWhereThePathIsNotThere) {
  Root root;
  root.write("proc/self/cgroup", "0::/../../elsewhere\n");
  root.write("sys/fs/cgroup/memory.max", "62914560\n");
  EXPECT_EQ(root.bound().octets, 60 * kMiB);
}

TEST(MemoryBound, IgnoresWhatItDoesNotUnderstand) {
  Root root;
  root.write("proc/self/cgroup", "nonsense\n0:\n:\n0::\n0::/a\n");
  for (const char* const text : {"", "max", "-5", "12 MiB", "99999999999999999999999", "0x10"}) {
    root.write("sys/fs/cgroup/a/memory.max", text);
    EXPECT_EQ(root.bound().of, "the machine") << text;
  }
}

TEST(MemoryBound, OfMoreThanTheMachineHasIsNone) {
  Root root;
  root.write("proc/self/cgroup", "0::/a\n");
  root.write("sys/fs/cgroup/a/memory.max", "9223372036854771712");
  EXPECT_EQ(root.bound().of, "the machine");
}

TEST(MemoryBound, IsTheLimitOfTheProcess) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer itself takes more";
#endif
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_DATA, &before), 0);
  const rlimit little{std::size_t{1536} * kMiB, before.rlim_max};
  if (before.rlim_max < little.rlim_cur || of_machine() <= little.rlim_cur) GTEST_SKIP();
  ASSERT_EQ(setrlimit(RLIMIT_DATA, &little), 0);
  const auto bound = Root().bound();
  setrlimit(RLIMIT_DATA, &before);
  EXPECT_EQ(bound.octets, 1536 * kMiB);
  EXPECT_EQ(bound.of, "RLIMIT_DATA");
}

TEST(MemoryShare, IsHalfUnlessItIsConfigured) {
  policy::Limits limits;
  const MemoryBound bound{1000 * kMiB, "the cgroup"};
  EXPECT_EQ(memory_for_streams(limits, bound), 500 * kMiB);
  EXPECT_EQ(memory_sentence(limits, bound),
            "streams may take 500MiB, half of the 1000MiB of the cgroup");
  limits.memory = 300 * kMiB;
  EXPECT_EQ(memory_for_streams(limits, bound), 300 * kMiB);
  EXPECT_EQ(memory_sentence(limits, bound),
            "streams may take 300MiB (limits.memory) of the 1000MiB of the cgroup");
  EXPECT_FALSE(exceeds(limits, bound));
}

TEST(MemoryShare, ThatLeavesNothingForTheProgramIsToldToBeTooMuch) {
  policy::Limits limits;
  limits.memory = 900 * kMiB;
  const MemoryBound bound{1000 * kMiB, "RLIMIT_AS"};
  EXPECT_TRUE(exceeds(limits, bound));
  EXPECT_NE(memory_sentence(limits, bound).find("lower limits.memory"), std::string::npos);
}

TEST(MemoryFall, IsSeenWhenAFloodIsOver) {
  MemoryFall fall;
  EXPECT_FALSE(fall.fell(0));
  EXPECT_FALSE(fall.fell(100 * kMiB));
  EXPECT_FALSE(fall.fell(90 * kMiB));
  EXPECT_TRUE(fall.fell(80 * kMiB));
  EXPECT_FALSE(fall.fell(80 * kMiB)) << "once";
  EXPECT_FALSE(fall.fell(70 * kMiB));
  EXPECT_TRUE(fall.fell(1 * kMiB));
}

TEST(MemoryFall, IsNotSeenWhileNothingChangesMuch) {
  MemoryFall fall;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(fall.fell((i % 2 != 0 ? 100 : 90) * kMiB));
}

TEST(MemoryReturn, ReturnsOnceWhenAFloodIsOver) {
  net::Loop loop;
  std::size_t taken = 100 * kMiB;
  int looks = 0;
  int returned = 0;
  const MemoryReturn memory(loop, {[&] {
                                     ++looks;
                                     return taken;
                                   },
                                   [&] { ++returned; }});
  ASSERT_TRUE(net::test::run_until(loop, [&] { return looks == 1; }));
  EXPECT_EQ(returned, 0);
  taken = 0;
  ASSERT_TRUE(net::test::run_until(loop, [&] { return looks == 3; }));
  EXPECT_EQ(returned, 1);
}

std::size_t resident() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(100, ' ') >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// What is kept lies between pieces that are still in use.
TEST(MemoryReturn, GivesBackWhatTheLibraryKeeps) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer has an allocator of its own";
#endif
  std::vector<std::string> pieces;
  for (int i = 0; i < 4000; ++i) pieces.emplace_back(std::size_t{16} * 1024, 'x');
  const auto most = resident();
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (i % 50 != 0) std::string().swap(pieces[i]);
  MemoryReturn::give_back();
  EXPECT_LT(resident() + 40 * kMiB, most);
}

}  // namespace
}  // namespace portcullis::app
