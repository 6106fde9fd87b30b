#include "proxy/net/listening_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "proxy/net/port_holder.h"

namespace portcullis::net {
namespace {

using ::testing::HasSubstr;

SocketAddress at(const std::string& host, std::uint16_t port) {
  return *SocketAddress::from(Endpoint{host, port});
}

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&address)).port();
}

Descriptor listening(const SocketAddress& address, bool shares) {
  Descriptor socket(::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = shares ? 1 : 0;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  EXPECT_EQ(::bind(socket.get(), address.raw(), address.raw_size()), 0);
  EXPECT_EQ(::listen(socket.get(), 64), 0);
  return socket;
}

// Another process that listens until it is destroyed.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& host) {
    auto socket = listening(at(host, 0), true);
    port_ = port_of(socket.get());
    pid_ = ::fork();
    if (pid_ == 0)
      for (;;) ::pause();
  }
  ~OtherProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }

 private:
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

bool answers(std::uint16_t port) {
  const auto address = at("127.0.0.1", port);
  const Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(client.get(), address.raw(), address.raw_size()) == 0;
}

TEST(ListeningSocket, IsNotClaimedWhereAnotherProcessSharesItsPort) {
  const OtherProcess other("127.0.0.1");
  for (const std::string host : {"127.0.0.1", "0.0.0.0", "::"}) {
    const auto claimed = ListeningSocket::claim(at(host, other.port()));
    ASSERT_FALSE(claimed) << host;
    EXPECT_THAT(claimed.error().message, HasSubstr("process " + std::to_string(other.pid())));
    EXPECT_THAT(claimed.error().message, HasSubstr(std::to_string(other.port())));
  }
}

TEST(ListeningSocket, IsNotClaimedBesideAWildcardOfAnotherProcess) {
  for (const std::string host : {"0.0.0.0", "::"}) {
    const OtherProcess other(host);
    EXPECT_FALSE(ListeningSocket::claim(at("127.0.0.1", other.port()))) << host;
  }
}

TEST(ListeningSocket, IsClaimedWhereOnlyThisProcessListens) {
  const auto own = listening(at("127.0.0.1", 0), true);
  for (const std::string host : {"127.0.0.1", "0.0.0.0"}) {
    auto claimed = ListeningSocket::claim(at(host, port_of(own.get())));
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_TRUE(claimed->listen());
  }
}

TEST(ListeningSocket, TakesNobodyBeforeItListens) {
  std::uint16_t port = 0;
  port = port_of(listening(at("127.0.0.1", 0), false).get());
  auto claimed = ListeningSocket::claim(at("127.0.0.1", port));
  ASSERT_TRUE(claimed) << claimed.error().message;
  EXPECT_FALSE(answers(port));
  ASSERT_TRUE(claimed->listen());
  EXPECT_TRUE(answers(port));
}

TEST(ListeningSocket, SharesConnectionsWithThoseThatJoin) {
  const auto port = port_of(listening(at("127.0.0.1", 0), false).get());
  std::vector<Descriptor> sockets;
  auto first = ListeningSocket::claim(at("127.0.0.1", port));
  auto second = ListeningSocket::join(at("127.0.0.1", port));
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->listen() && second->listen());
  sockets.push_back(std::move(*first).release());
  sockets.push_back(std::move(*second).release());
  constexpr int kConnections = 400;
  for (int i = 0; i < kConnections; ++i) ASSERT_TRUE(answers(port));
  for (const auto& socket : sockets) {
    int accepted = 0;
    while (Descriptor(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC))) ++accepted;
    EXPECT_GT(accepted, kConnections / 4);
  }
}

TEST(PortHolders, AreReadFromTheTablesOfTheKernel) {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
      "   0: 0100007F:1495 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 77 1\n"
      "   1: 00000000:1495 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 78 1\n"
      "   2: 0100007F:1495 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000 0 79 1\n"
      "   3: 0200007F:1495 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 80 1\n"
      "   4: 0100007F:1496 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 81 1\n"
      "   5: nonsense\n   6: 01:1495 0:0 0A 0:0 0:0 0 0 0 82 1\n";
  const auto holders = read_holders(table, at("127.0.0.1", 0x1495));
  ASSERT_EQ(holders.size(), 2U);
  EXPECT_EQ(holders[0].inode, 77U);
  EXPECT_EQ(holders[0].user, 1000U);
  EXPECT_EQ(holders[1].inode, 78U);
  EXPECT_EQ(read_holders(table, at("::", 0x1495)).size(), 3U);
  EXPECT_TRUE(read_holders(table, at("::1", 0x1496)).empty());
  EXPECT_TRUE(read_holders("", at("::1", 0x1496)).empty());
}

}  // namespace
}  // namespace portcullis::net
