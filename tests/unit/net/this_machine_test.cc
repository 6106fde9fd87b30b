// Unit tests of whose_address(), with the addresses that this machine has, and with some that
// come and go in a network namespace of the test's own.

#include "proxy/net/this_machine.h"

#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>

namespace portcullis::net {
namespace {

SocketAddress at(const std::string& host) {
  return SocketAddress::from(Endpoint{host, 0}).value();
}

bool is_ours(const SocketAddress& address) {
  return whose_address(address) == Whose::kOurs;
}

TEST(ThisMachine, HasTheLoopbackNetwork) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"})
    EXPECT_TRUE(is_ours(at(host))) << host;
}

TEST(ThisMachine, HasNoAddressOfOthers) {
  for (const char* host : {"192.0.2.1", "198.51.100.77", "2001:db8::1", "224.0.0.1",
                           "255.255.255.255", "::ffff:192.0.2.1", "64:ff9b::7f00:1"})
    EXPECT_FALSE(is_ours(at(host))) << host;
  EXPECT_FALSE(is_ours(SocketAddress()));
}

TEST(ThisMachine, HasTheAddressesOfItsInterfaces) {
  ifaddrs* list = nullptr;
  ASSERT_EQ(getifaddrs(&list), 0);
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(list, &freeifaddrs);
  for (const auto* one = list; one != nullptr; one = one->ifa_next) {
    const auto address = SocketAddress::from(one->ifa_addr);
    if (address.host() == "unknown" || address.host().starts_with("fe80:")) continue;
    EXPECT_TRUE(is_ours(address)) << address.text();
  }
}

bool runs(const std::string& command) {
  return std::system((command + " 2>/dev/null").c_str()) == 0;  // NOLINT(cert-env33-c)
}

// 0 if all is as it should be, 77 if there can be no namespace here; else the step that failed.
int play_with_interfaces() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return 77;
  if (!runs("ip link set lo up") || !runs("ip address add 198.51.100.7/24 dev lo")) return 77;
  if (!is_ours(at("198.51.100.7"))) return 1;
  if (is_ours(at("203.0.113.9"))) return 2;
  const bool v6 = runs("ip address add 2001:db8::7/128 dev lo nodad");
  if (v6 && !is_ours(at("2001:db8::7"))) return 3;
  if (v6 && is_ours(at("2001:db8::8"))) return 4;
  if (!runs("ip address del 198.51.100.7/24 dev lo")) return 5;
  return is_ours(at("198.51.100.7")) ? 6 : 0;
}

// The exit code of what runs in a process of its own.
int exit_code_of(int (*play)()) {
  const pid_t child = fork();
  if (child == 0) _exit(play());
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

// 0 if all is as it should be; else the step that failed.
int play_without_descriptors() {
  if (whose_address(at("192.0.2.1")) != Whose::kOthers) return 1;
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_NOFILE, &none) != 0) return 2;
  if (whose_address(at("192.0.2.1")) != Whose::kUnknown) return 3;
  if (whose_address(at("2001:db8::1")) != Whose::kUnknown) return 4;
  return whose_address(at("127.0.0.1")) == Whose::kOurs ? 0 : 5;
}

// A stranger who can make descriptors run out must not get the gate to call itself by that.
TEST(ThisMachine, SaysWhereItCannotTell) {
  EXPECT_EQ(exit_code_of(play_without_descriptors), 0) << "the number of the step that failed";
}

// What socket(2) answers with ipv6.disable=1, made by a filter of system calls.
int play_without_v6() {
  constexpr auto kErrno = SECCOMP_RET_ERRNO | EAFNOSUPPORT;
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kErrno),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(rules), rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 77;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return 77;
  if (whose_address(at("2001:db8::1")) != Whose::kOthers) return 1;
  if (whose_address(at("::1")) != Whose::kOurs) return 2;
  return whose_address(at("192.0.2.1")) == Whose::kOthers ? 0 : 3;
}

TEST(ThisMachine, HasNoAddressOfAFamilyThatItDoesNotHave) {
  const int code = exit_code_of(play_without_v6);
  if (code == 77) GTEST_SKIP() << "system calls cannot be filtered here";
  EXPECT_EQ(code, 0) << "the number of the step that failed";
}

TEST(ThisMachine, NoticesAtOnceThatAnAddressCameOrWent) {
  const int code = exit_code_of(play_with_interfaces);
  if (code == 77) GTEST_SKIP() << "no network namespace can be made here";
  EXPECT_EQ(code, 0) << "the number of the step that failed";
}

}  // namespace
}  // namespace portcullis::net
