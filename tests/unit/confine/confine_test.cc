// What a process that has given up something can still do. Each case is a child of its own, because
// there is no way back.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "proxy/confine/landlock.h"
#include "proxy/confine/seccomp.h"

namespace portcullis::confine {
namespace {

namespace fs = std::filesystem;

constexpr int kCannotConfine = 125;

// How a child ends that does this: "exit N" or "signal N".
std::string end_of(const std::function<int()>& child) {
  const pid_t process = ::fork();
  if (process == 0) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // Before a function that does not return, AddressSanitizer makes calls of its own.
    ::syscall(SYS_exit_group, child());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(process, &status, 0), process);
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit " + std::to_string(WEXITSTATUS(status));
}

const std::string kFine = "exit 0";
const std::string kKilled = "signal " + std::to_string(SIGSYS);
std::string with_error(int error) {
  return "exit " + std::to_string(error);
}

// 0, or what went wrong.
int result(long done) {
  return done < 0 ? errno : 0;
}

// ---- System calls

std::string call(const SyscallList& list, const std::function<long()>& made) {
  return end_of([&] {
    if (!restrict_calls(list)) return kCannotConfine;
    return result(made());
  });
}
std::string in_gate(const std::function<long()>& made) {
  return call(calls_of_gate(), made);
}
std::string in_holder(const std::function<long()>& made) {
  return call(calls_of_key_holder(), made);
}

class Seccomp : public testing::Test {
 protected:
  void SetUp() override {
    const std::uint32_t action = 0x80000000U;  // SECCOMP_RET_KILL_PROCESS
    if (::syscall(SYS_seccomp, 2U, 0U, &action) != 0) GTEST_SKIP() << "no seccomp here";
  }
};

TEST_F(Seccomp, LetsTheGateDoItsWork) {
  EXPECT_EQ(in_gate([] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }), kFine);
  EXPECT_EQ(in_gate([] { return ::socket(AF_INET6, SOCK_STREAM, 0); }), kFine);
  EXPECT_EQ(in_gate([] { return ::socket(AF_UNIX, SOCK_DGRAM, 0); }), kFine);
  EXPECT_EQ(in_gate([] { return ::getpid(); }), kFine);
}

TEST_F(Seccomp, LetsTheGateStartAProcess) {
  EXPECT_EQ(in_gate([]() -> long {
              const pid_t child = ::fork();
              if (child == 0) ::_exit(0);
              int status = -1;
              ::waitpid(child, &status, 0);
              errno = ECHILD;
              return status == 0 ? 0 : -1;
            }),
            kFine);
}

TEST_F(Seccomp, EndsTheProcessForWhatOnlyAnAttackerDoes) {
  EXPECT_EQ(in_gate([] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), kKilled);
  EXPECT_EQ(in_gate([] { return ::syscall(SYS_unshare, 0); }), kKilled);
  EXPECT_EQ(in_gate([] { return ::syscall(SYS_mount, "", "", "", 0UL, ""); }), kKilled);
  EXPECT_EQ(in_gate([] { return ::syscall(SYS_setuid, 0); }), kKilled);
  EXPECT_EQ(
      in_gate([] { return ::syscall(SYS_process_vm_readv, 1, nullptr, 0UL, nullptr, 0UL, 0UL); }),
      kKilled);
  EXPECT_EQ(in_gate([] { return ::syscall(SYS_bpf, 0, nullptr, 0U); }), kKilled);
}

// As on a kernel without it, so that a library that has learned a new call goes on without.
TEST_F(Seccomp, HasNoCallThatIsNotNeeded) {
  EXPECT_EQ(in_gate([] { return ::syscall(SYS_rename, "/a", "/b"); }), with_error(ENOSYS));
  EXPECT_EQ(in_gate([] { return ::syscall(SYS_mkdir, "/a", 0); }), with_error(ENOSYS));
  EXPECT_EQ(in_gate([] { return ::syscall(100'000); }), with_error(ENOSYS));
  EXPECT_EQ(in_gate([] { return ::syscall(435, nullptr, 0UL); }), with_error(ENOSYS));  // clone3
  EXPECT_EQ(in_gate([] { return ::socket(AF_PACKET, SOCK_RAW, 0); }), with_error(ENOSYS));
  EXPECT_EQ(in_gate([] { return ::socket(AF_NETLINK, SOCK_RAW, 0); }), with_error(ENOSYS));
}

TEST_F(Seccomp, MakesNoNamespaces) {
  EXPECT_EQ(in_gate([] {
              return ::syscall(SYS_clone, 0x10000000UL | SIGCHLD, nullptr, nullptr, nullptr, 0UL);
            }),
            with_error(ENOSYS));
}

TEST_F(Seccomp, RunsNoMemoryThatWasWritten) {
  const auto map = [](int protection) {
    return [protection]() -> long {
      void* const got = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return got == MAP_FAILED ? -1 : 0;
    };
  };
  EXPECT_EQ(in_gate(map(PROT_READ | PROT_WRITE)), kFine);
  EXPECT_EQ(in_gate(map(PROT_READ | PROT_EXEC)), kFine);
  EXPECT_EQ(in_gate(map(PROT_READ | PROT_WRITE | PROT_EXEC)), with_error(ENOSYS));
  EXPECT_EQ(in_gate([]() -> long {
              void* const got =
                  ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return ::mprotect(got, 4096, PROT_READ | PROT_EXEC);
            }),
            with_error(ENOSYS));
}

TEST_F(Seccomp, TheKeyHolderOnlyAnswers) {
  EXPECT_EQ(in_holder([] { return ::getpid(); }), kFine);
  EXPECT_EQ(in_holder([] { return ::socket(AF_INET, SOCK_STREAM, 0); }), kKilled);
  EXPECT_EQ(in_holder([] { return ::syscall(SYS_execve, "/bin/true", nullptr, nullptr); }),
            kKilled);
  EXPECT_EQ(in_holder([] { return ::kill(1, 0); }), kKilled);
  EXPECT_EQ(in_holder([] { return ::open("/dev/null", O_RDONLY); }), with_error(ENOSYS));
  EXPECT_EQ(in_holder([] { return ::syscall(SYS_clone, SIGCHLD, 0UL, nullptr, nullptr, 0UL); }),
            with_error(ENOSYS));
}

TEST_F(Seccomp, ASecondListNarrowsTheFirst) {
  EXPECT_EQ(end_of([] {
              if (!restrict_calls(calls_of_gate())) return kCannotConfine;
              if (!restrict_calls(calls_of_key_holder())) return kCannotConfine;
              return result(::open("/dev/null", O_RDONLY));
            }),
            with_error(ENOSYS));
}

TEST(SyscallList, NamesNothingTwiceAndAllowsNothingThatItForbids) {
  for (const auto& list : {calls_of_gate(), calls_of_key_holder()}) {
    std::set<std::string_view> names;
    for (const auto* const name : list.allowed) EXPECT_TRUE(names.insert(name).second) << name;
    for (const auto* const name : list.forbidden) EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(SyscallList, OfTheKeyHolderIsAPartOfThatOfTheGate) {
  const auto gate = calls_of_gate();
  const std::set<std::string_view> allowed(gate.allowed.begin(), gate.allowed.end());
  for (const auto* const name : calls_of_key_holder().allowed)
    EXPECT_TRUE(allowed.contains(name)) << name;
}

// ---- Files

class Landlock : public testing::Test {
 protected:
  void SetUp() override {
    if (landlock_version() == 0) GTEST_SKIP() << "no Landlock here";
    std::string name = testing::TempDir() + "confine.XXXXXX";
    top_ = ::mkdtemp(name.data());
    for (const char* const folder : {"in", "out", "in/below"}) fs::create_directory(top_ / folder);
    for (const char* const file : {"in/file", "in/below/file", "out/file"})
      std::ofstream(top_ / file) << "x";
    fs::create_symlink(top_ / "out/file", top_ / "in/leads_out");
  }
  void TearDown() override {
    if (!top_.empty()) fs::remove_all(top_);
  }

  // With the rules, what opening comes to.
  std::string open(const std::vector<PathRule>& rules, const fs::path& path, int flags = O_RDONLY) {
    return end_of([&] {
      if (!restrict_files(rules)) return kCannotConfine;
      return result(::open((top_ / path).c_str(), flags | O_CLOEXEC, 0600));
    });
  }
  std::vector<PathRule> read_in() const { return {{top_ / "in", Access::kRead}}; }

  fs::path top_;
};

TEST_F(Landlock, ReadsBeneathAFolderAndNowhereElse) {
  EXPECT_EQ(open(read_in(), "in/file"), kFine);
  EXPECT_EQ(open(read_in(), "in/below/file"), kFine);
  EXPECT_EQ(open(read_in(), "in/below", O_RDONLY | O_DIRECTORY), kFine);
  EXPECT_EQ(open(read_in(), "out/file"), with_error(EACCES));
  EXPECT_EQ(open(read_in(), "in/leads_out"), with_error(EACCES));
  EXPECT_EQ(open(read_in(), "in/../out/file"), with_error(EACCES));
  EXPECT_EQ(open(read_in(), "", O_RDONLY | O_DIRECTORY), with_error(EACCES));
}

TEST_F(Landlock, ReadsWhatTakesThePlaceOfAFolder) {
  EXPECT_EQ(end_of([&] {
              int wake[2];
              if (::pipe(wake) != 0) return kCannotConfine;
              const pid_t other = ::fork();
              if (other == 0) {
                char octet = 0;
                (void)!::read(wake[0], &octet, 1);
                fs::rename(top_ / "in/below", top_ / "in/old");
                fs::create_directory(top_ / "new");
                std::ofstream(top_ / "new/file") << "y";
                fs::rename(top_ / "new", top_ / "in/below");
                ::_exit(0);
              }
              if (!restrict_files(read_in())) return kCannotConfine;
              (void)!::write(wake[1], "x", 1);
              ::waitpid(other, nullptr, 0);
              return result(::open((top_ / "in/below/file").c_str(), O_RDONLY));
            }),
            kFine);
}

TEST_F(Landlock, WritesAndMakesNothingThatIsNotAllowed) {
  EXPECT_EQ(open(read_in(), "in/file", O_WRONLY), with_error(EACCES));
  EXPECT_EQ(open(read_in(), "in/new", O_WRONLY | O_CREAT), with_error(EACCES));
  EXPECT_EQ(open({{top_ / "in", Access::kWrite}}, "in/file", O_WRONLY), kFine);
  EXPECT_EQ(open({{top_ / "in", Access::kWrite}}, "in/new", O_WRONLY | O_CREAT),
            with_error(EACCES));
  EXPECT_EQ(open({{top_ / "in", Access::kReadFiles}}, "in/file"), kFine);
  EXPECT_EQ(open({{top_ / "in", Access::kReadFiles}}, "in", O_RDONLY | O_DIRECTORY),
            with_error(EACCES));
}

TEST_F(Landlock, MakesSocketsOnlyWhereItMay) {
  const auto bind_in = [&](const char* folder) {
    return end_of([&] {
      if (!restrict_files({{top_ / "in", Access::kSockets}})) return kCannotConfine;
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      const auto path = (top_ / folder / "s").string();
      path.copy(address.sun_path, sizeof address.sun_path - 1);
      const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
      if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return errno;
      return result(::unlink(path.c_str()));
    });
  };
  EXPECT_EQ(bind_in("in"), kFine);
  EXPECT_EQ(bind_in("out"), with_error(EACCES));
}

TEST_F(Landlock, StartsNoProgramThatIsNotAllowed) {
  const auto start = [&](const std::vector<PathRule>& rules) {
    return end_of([&] {
      if (!restrict_files(rules)) return kCannotConfine;
      ::execl("/bin/true", "true", nullptr);
      return errno;
    });
  };
  EXPECT_EQ(start({{"/usr", Access::kRead}, {"/lib", Access::kRead}, {"/bin", Access::kRead}}),
            with_error(EACCES));
  EXPECT_EQ(start({{"/usr", Access::kExecute},
                   {"/lib", Access::kExecute},
                   {"/lib64", Access::kExecute},
                   {"/bin", Access::kExecute}}),
            kFine);
}

TEST_F(Landlock, AllowsOneFileByItself) {
  const std::vector<PathRule> one{{top_ / "in/file", Access::kRead}};
  EXPECT_EQ(open(one, "in/file"), kFine);
  EXPECT_EQ(open(one, "in/below/file"), with_error(EACCES));
}

TEST_F(Landlock, APathThatIsNotThereHasNoEffect) {
  auto rules = read_in();
  rules.push_back({top_ / "nowhere", Access::kRead});
  EXPECT_EQ(open(rules, "in/file"), kFine);
}

TEST_F(Landlock, WithoutRulesNothingIsOpened) {
  EXPECT_EQ(open({}, "in/file"), with_error(EACCES));
}

}  // namespace
}  // namespace portcullis::confine
