// Unit tests of what the kernel's TCP is told about a connection, on real sockets.

#include "proxy/net/tcp_options.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "proxy/net/descriptor.h"

namespace portcullis::net {
namespace {

using namespace std::chrono_literals;

int option(int descriptor, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(getsockopt(descriptor, level, name, &value, &size), 0);
  return value;
}

TEST(TcpOptions, AreSetOnTheSocket) {
  const Descriptor made(socket(AF_INET, SOCK_STREAM, 0));
  set_tcp_times(made.get(), {7s, 90s});
  EXPECT_EQ(option(made.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 7000);
  EXPECT_EQ(option(made.get(), IPPROTO_TCP, TCP_KEEPIDLE), 90);
  EXPECT_EQ(option(made.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
}

TEST(TcpOptions, ProbeAlsoWithoutATimeOfTheUser) {
  const Descriptor made(socket(AF_INET6, SOCK_STREAM, 0));
  set_tcp_times(made.get(), {});
  EXPECT_EQ(option(made.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
  EXPECT_EQ(option(made.get(), IPPROTO_TCP, TCP_KEEPIDLE), 60);
  EXPECT_EQ(option(made.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
}

TEST(TcpOptions, LeaveAClosedSocketAlone) {
  set_tcp_times(-1, {7s, 90s});
  AcknowledgedOctets acknowledged;
  acknowledged.begin(-1);
  EXPECT_EQ(acknowledged.ask(-1).octets, 0U);
  EXPECT_TRUE(acknowledged.ask(-1).over);
}

}  // namespace
}  // namespace portcullis::net
