#include "proxy/net/handed_sockets.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>

#include "proxy/net/listening_socket.h"
#include "proxy/net/local_socket.h"

namespace portcullis::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SocketAddress at(const std::string& host, std::uint16_t port) {
  return *SocketAddress::from(Endpoint{host, port});
}

SocketAddress bound(const Descriptor& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&address));
}

Descriptor open_at(const std::string& host, int type, bool listens = true, bool only_v6 = false) {
  const auto address = at(host, 0);
  Descriptor socket(::socket(address.raw()->sa_family, type | SOCK_CLOEXEC, 0));
  const int only = only_v6 ? 1 : 0;
  if (address.raw()->sa_family == AF_INET6)
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  EXPECT_EQ(::bind(socket.get(), address.raw(), address.raw_size()), 0);
  if (listens && type == SOCK_STREAM) {
    EXPECT_EQ(::listen(socket.get(), 8), 0);
  }
  return socket;
}

TEST(HandedSockets, AreFoundByTheirAddress) {
  HandedSockets handed;
  auto tcp = open_at("127.0.0.1", SOCK_STREAM);
  auto udp = open_at("127.0.0.1", SOCK_DGRAM);
  const auto tcp_address = bound(tcp);
  const auto udp_address = bound(udp);
  const int number = tcp.get();
  ASSERT_TRUE(handed.add(std::move(tcp), "a"));
  ASSERT_TRUE(handed.add(std::move(udp), "b"));
  EXPECT_TRUE(handed.take_tcp(at("127.0.0.2", tcp_address.port())).empty());
  EXPECT_FALSE(handed.take_udp(tcp_address) && tcp_address.port() != udp_address.port());
  const auto taken = handed.take_tcp(tcp_address);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].get(), number);
  EXPECT_TRUE(handed.take_tcp(tcp_address).empty()) << "it was taken";
  EXPECT_THAT(handed.left(), ElementsAre("UDP " + udp_address.text() + " (b)"));
  EXPECT_TRUE(handed.take_udp(udp_address));
  EXPECT_TRUE(handed.empty());
}

TEST(HandedSockets, AWildcardHasToTakeBothFamilies) {
  HandedSockets handed;
  auto both = open_at("::", SOCK_STREAM);
  const auto address = bound(both);
  ASSERT_TRUE(handed.add(std::move(both), "both"));
  const auto refused = handed.add(open_at("::", SOCK_STREAM, true, true), "one");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("BindIPv6Only=both"));
  EXPECT_EQ(handed.take_tcp(address).size(), 1U);
}

TEST(HandedSockets, UnixSocketsAreFoundByTheirName) {
  HandedSockets handed;
  const std::string path = testing::TempDir() + "handed.sock";
  ASSERT_TRUE(handed.add(*listen_local(path), "control"));
  ::unlink(path.c_str());
  Descriptor nameless(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string text = "handed-" + std::to_string(::getpid());
  text.copy(name.sun_path + 1, text.size());
  ASSERT_EQ(::bind(nameless.get(), reinterpret_cast<const sockaddr*>(&name),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size())),
            0);
  ASSERT_EQ(::listen(nameless.get(), 1), 0);
  ASSERT_TRUE(handed.add(std::move(nameless), "lock"));
  EXPECT_FALSE(handed.take_local("/another"));
  EXPECT_TRUE(handed.take_local("@" + text));
  EXPECT_THAT(handed.left(), ElementsAre("the Unix socket " + path + " (control)"));
  EXPECT_TRUE(handed.take_local(path));
}

TEST(HandedSockets, WhatNobodyCouldListenOnIsRefused) {
  HandedSockets handed;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Descriptor other(ends[1]);
  EXPECT_THAT(handed.add(Descriptor(ends[0]), "x").error().message, HasSubstr("x is not a socket"));
  EXPECT_THAT(handed.add(open_at("127.0.0.1", SOCK_STREAM, false), "x").error().message,
              HasSubstr("Accept=no"));
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const Descriptor second(ends[1]);
  EXPECT_FALSE(handed.add(Descriptor(ends[0]), "x"));
  EXPECT_FALSE(handed.add(Descriptor(::socket(AF_UNIX, SOCK_DGRAM, 0)), "x"));
  EXPECT_FALSE(handed.add(Descriptor(), "x"));
  EXPECT_TRUE(handed.empty());
}

TEST(HandedSockets, OfAnotherProcessAreNotTouched) {
  std::vector<std::string> faults;
  for (const auto& process : {std::string(), std::string("1"), std::string("x")})
    EXPECT_TRUE(handed_in({process, "1", ""}, faults).empty());
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(::fcntl(2, F_GETFD), 0) << "nothing was closed or changed";
}

TEST(HandedSockets, ANumberThatIsNoneIsToldAndNothingIsUsed) {
  for (const std::string count : {"", "-1", "x", "4097", "1 ", "99999999999"}) {
    std::vector<std::string> faults;
    EXPECT_TRUE(handed_in({std::to_string(::getpid()), count, ""}, faults).empty()) << count;
    ASSERT_EQ(faults.size(), 1U) << count;
    EXPECT_THAT(faults[0], HasSubstr("LISTEN_FDS"));
  }
}

// In a child: they are descriptors 3 and on.
TEST(HandedSockets, TheyAreTakenFromTheThirdDescriptorOn) {
  const auto socket = open_at("127.0.0.1", SOCK_STREAM);
  const auto address = bound(socket);
  const auto child = ::fork();
  if (child == 0) {
    // Out of the way of the numbers that are made here; 5 is none, whatever was open.
    const int away = ::fcntl(socket.get(), F_DUPFD, 100);
    bool fine = ::dup2(away, 3) == 3 && ::dup2(2, 4) == 4;
    ::close(5);
    std::vector<std::string> faults;
    auto handed = handed_in({std::to_string(::getpid()), "3", "one:two"}, faults);
    fine =
        fine && faults.size() == 2 && faults[0].find("\"two\" is not a socket") != faults[0].npos;
    fine = fine && ::fcntl(3, F_GETFD) == FD_CLOEXEC;
    const auto left = handed.left();
    fine = fine && left.size() == 1 && left[0].find("\"one\"") != left[0].npos;
    fine = fine && handed.take_tcp(address).size() == 1;
    ::_exit(fine ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

std::vector<Descriptor> handed_over(int count, bool shared) {
  std::vector<Descriptor> sockets;
  SocketAddress address = at("127.0.0.1", 0);
  for (int i = 0; i < count; ++i) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = shared ? 1 : 0;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    EXPECT_EQ(::bind(socket.get(), address.raw(), address.raw_size()), 0);
    EXPECT_EQ(::listen(socket.get(), 8), 0);
    address = bound(socket);
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

ino_t inode(const Descriptor& socket) {
  struct stat found {};
  ::fstat(socket.get(), &found);
  return found.st_ino;
}

TEST(AdoptedSockets, NoneIsClosedWhereThereAreFewerWorkers) {
  auto handed = handed_over(3, true);
  const auto address = bound(handed[0]);
  const auto adopted = ListeningSocket::adopt(std::move(handed), address, 1);
  ASSERT_TRUE(adopted);
  EXPECT_EQ(adopted->size(), 3U);
}

TEST(AdoptedSockets, OthersJoinWhereThereAreMoreWorkers) {
  auto handed = handed_over(1, true);
  const auto address = bound(handed[0]);
  auto adopted = ListeningSocket::adopt(std::move(handed), address, 3);
  ASSERT_TRUE(adopted);
  ASSERT_EQ(adopted->size(), 3U);
  EXPECT_NE(inode(std::move((*adopted)[0]).release()), inode(std::move((*adopted)[2]).release()));
}

// systemd's socket is alone on its address.
TEST(AdoptedSockets, WorkersShareOneThatNobodyMayJoin) {
  auto handed = handed_over(1, false);
  const auto address = bound(handed[0]);
  const auto number = inode(handed[0]);
  auto adopted = ListeningSocket::adopt(std::move(handed), address, 3);
  ASSERT_TRUE(adopted) << adopted.error().message;
  ASSERT_EQ(adopted->size(), 3U);
  for (auto& one : *adopted) {
    EXPECT_TRUE(one.listen());
    EXPECT_EQ(inode(std::move(one).release()), number);
  }
}

}  // namespace
}  // namespace portcullis::net
