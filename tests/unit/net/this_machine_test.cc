// Unit tests of is_of_this_machine(), with the addresses that this machine has, and with some that
// come and go in a network namespace of the test's own.

#include "proxy/net/this_machine.h"

#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace portcullis::net {
namespace {

SocketAddress at(const std::string& host) {
  return SocketAddress::from(Endpoint{host, 0}).value();
}

TEST(ThisMachine, HasTheLoopbackNetwork) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"})
    EXPECT_TRUE(is_of_this_machine(at(host))) << host;
}

TEST(ThisMachine, HasNoAddressOfOthers) {
  for (const char* host : {"192.0.2.1", "198.51.100.77", "2001:db8::1", "224.0.0.1",
                           "255.255.255.255", "::ffff:192.0.2.1", "64:ff9b::7f00:1"})
    EXPECT_FALSE(is_of_this_machine(at(host))) << host;
  EXPECT_FALSE(is_of_this_machine(SocketAddress()));
}

TEST(ThisMachine, HasTheAddressesOfItsInterfaces) {
  ifaddrs* list = nullptr;
  ASSERT_EQ(getifaddrs(&list), 0);
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(list, &freeifaddrs);
  for (const auto* one = list; one != nullptr; one = one->ifa_next) {
    const auto address = SocketAddress::from(one->ifa_addr);
    if (address.host() == "unknown" || address.host().starts_with("fe80:")) continue;
    EXPECT_TRUE(is_of_this_machine(address)) << address.text();
  }
}

bool runs(const std::string& command) {
  return std::system((command + " 2>/dev/null").c_str()) == 0;  // NOLINT(cert-env33-c)
}

// 0 if all is as it should be, 77 if there can be no namespace here; else the step that failed.
int play_with_interfaces() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return 77;
  if (!runs("ip link set lo up") || !runs("ip address add 198.51.100.7/24 dev lo")) return 77;
  if (!is_of_this_machine(at("198.51.100.7"))) return 1;
  if (is_of_this_machine(at("203.0.113.9"))) return 2;
  const bool v6 = runs("ip address add 2001:db8::7/128 dev lo nodad");
  if (v6 && !is_of_this_machine(at("2001:db8::7"))) return 3;
  if (v6 && is_of_this_machine(at("2001:db8::8"))) return 4;
  if (!runs("ip address del 198.51.100.7/24 dev lo")) return 5;
  return is_of_this_machine(at("198.51.100.7")) ? 6 : 0;
}

TEST(ThisMachine, NoticesAtOnceThatAnAddressCameOrWent) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(play_with_interfaces());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no network namespace can be made here";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the number of the step that failed";
}

}  // namespace
}  // namespace portcullis::net
