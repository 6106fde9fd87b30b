#include "proxy/net/udp_socket.h"

#include <gtest/gtest.h>

#include "tests/unit/net/dns_peers.h"

namespace portcullis::net {
namespace {

using namespace test;

TEST(UdpSocket, TellsWhoHasSentIt) {
  Loop loop;
  UdpPeer server(loop);
  UdpPeer client(loop, server.socket->address());
  client.socket->send("question");
  ASSERT_TRUE(run_until(loop, [&] { return !server.got.empty(); }));
  EXPECT_EQ(server.from, client.socket->address());
  server.socket->send_to("answer", server.from);
  ASSERT_TRUE(run_until(loop, [&] { return !client.got.empty(); }));
  EXPECT_EQ(client.got, std::vector<std::string>{"answer"});
}

TEST(UdpSocket, TakesOnlyWhatItsPeerSends) {
  Loop loop;
  UdpPeer server(loop);
  UdpPeer stranger(loop);
  UdpPeer client(loop, server.socket->address());
  stranger.socket->send_to("forged", client.socket->address());
  server.socket->send_to("true", client.socket->address());
  ASSERT_TRUE(run_until(loop, [&] { return !client.got.empty(); }));
  EXPECT_EQ(client.got, std::vector<std::string>{"true"});
}

TEST(UdpSocket, TellsThatNobodyListens) {
  Loop loop;
  UdpPeer client(loop, free_address(loop));
  client.socket->send("question");
  EXPECT_TRUE(run_until(loop, [&] { return client.unreachable; }));
}

TEST(UdpSocket, MayBeDestroyedInItsCallback) {
  struct Once : UdpPeer {
    using UdpPeer::UdpPeer;
    void on_datagram(std::string_view bytes, const SocketAddress& sender) override {
      UdpPeer::on_datagram(bytes, sender);
      socket.reset();
    }
  };
  Loop loop;
  Once server(loop);
  UdpPeer client(loop, server.socket->address());
  client.socket->send("one");
  client.socket->send("two");
  ASSERT_TRUE(run_until(loop, [&] { return !server.got.empty(); }));
  EXPECT_FALSE(run_until(
      loop, [&] { return server.got.size() > 1; }, std::chrono::milliseconds(20)));
}

TEST(UdpSocket, SaysWhyItCannotListen) {
  Loop loop;
  UdpPeer server(loop);
  const auto again = UdpSocket::listen(loop, server.socket->address(), server);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("another program has it"), std::string::npos);
  const auto foreign = *SocketAddress::from(Endpoint{"192.0.2.1", 5353});
  const auto not_ours = UdpSocket::listen(loop, foreign, server);
  ASSERT_FALSE(not_ours);
  EXPECT_NE(not_ours.error().message.find("no network interface"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::net
