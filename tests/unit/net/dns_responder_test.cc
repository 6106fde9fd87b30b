#include "proxy/net/dns_responder.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <utility>

#include "proxy/net/dns_client.h"
#include "proxy/net/dns_message.h"
#include "tests/unit/net/dns_peers.h"
#include "tests/unit/net/dns_wire.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using namespace test;
using std::chrono::milliseconds;

const std::string kServer = "_xmpp-server._tcp.peer.example";
const std::string kServers = query(kServer, kSrv);
const std::string kOther = query("api.example", kA);

class DnsResponderTest : public ::testing::Test {
 protected:
  void SetUp() override { open({}, {}); }

  void open(std::optional<SocketAddress> forward_to, DnsResponder::Limits limits) {
    responder.reset();
    address = free_address(loop);
    auto opened = DnsResponder::open(loop, address, {{target}, forward_to}, limits,
                                     [this](DnsOutcome outcome) { outcomes.push_back(outcome); });
    ASSERT_TRUE(opened) << opened.error().message;
    responder = std::move(*opened);
  }

  std::string reply(const std::string& message) const {
    return reply_to_query(message, {{target}, false}, DnsTransport::kUdp).message;
  }
  bool wait(const std::function<bool()>& condition) { return run_until(loop, condition); }

  Loop loop;
  const SocketAddress target = *SocketAddress::from(Endpoint{"127.0.0.2", 5269});
  SocketAddress address;
  std::vector<DnsOutcome> outcomes;
  std::unique_ptr<DnsResponder> responder;
};

using Outcomes = std::vector<DnsOutcome>;

TEST_F(DnsResponderTest, AnswersByUdp) {
  UdpPeer peer(loop, address);
  peer.socket->send(kServers);
  peer.socket->send(kOther);
  ASSERT_TRUE(wait([&] { return peer.got.size() == 2; }));
  EXPECT_EQ(peer.got, (std::vector{reply(kServers), reply(kOther)}));
  EXPECT_EQ(outcomes, (Outcomes{DnsOutcome::kCaptured, DnsOutcome::kRefused}));
}

TEST_F(DnsResponderTest, SaysNothingToResponses) {
  UdpPeer peer(loop, address);
  peer.socket->send(header(0x8180) + question("peer.example", kA));
  peer.socket->send("short");
  peer.socket->send("");
  peer.socket->send(kServers + std::string(DnsConnection::kLongestQuery, 'x'));
  peer.socket->send(kServers + "x");
  ASSERT_TRUE(wait([&] { return !peer.got.empty(); }));
  EXPECT_EQ(peer.got, std::vector{header(0x8181, 0)});
}

TEST_F(DnsResponderTest, AnswersByTcpHoweverItArrives) {
  TcpPeer whole(loop, address);
  whole.socket->write(dns_frame(kServers) + dns_frame(kOther) + dns_frame(kServers));
  ASSERT_TRUE(wait([&] { return whole.messages().size() == 3; }));
  EXPECT_EQ(whole.messages(), (std::vector{reply(kServers), reply(kOther), reply(kServers)}));
  TcpPeer slow(loop, address);
  ASSERT_TRUE(wait([&] { return slow.connected; }));
  for (const char octet : dns_frame(kServers)) {
    slow.socket->write({&octet, 1});
    run_until(loop, [] { return true; });
    uv_run(loop.raw(), UV_RUN_NOWAIT);
  }
  ASSERT_TRUE(wait([&] { return slow.messages().size() == 1; }));
  EXPECT_EQ(slow.messages(), std::vector{reply(kServers)});
  EXPECT_FALSE(whole.over() || slow.over());
}

TEST_F(DnsResponderTest, AnswersWhatWasAskedBeforeTheEnd) {
  TcpPeer peer(loop, address);
  peer.socket->write(dns_frame(kServers));
  ASSERT_TRUE(wait([&] { return peer.connected; }));
  peer.socket->shutdown();
  ASSERT_TRUE(wait([&] { return peer.over(); }));
  EXPECT_EQ(peer.messages(), std::vector{reply(kServers)});
}

TEST_F(DnsResponderTest, EndsTcpThatIsNoDns) {
  for (const std::string& bytes : {"\0\0"s, "\0\5short"s, "\x10\1"s, "GET / HTTP/1.1\r\n\r\n"s,
                                   dns_frame(header(0x8180) + question("a", kA))}) {
    TcpPeer peer(loop, address);
    peer.socket->write(bytes);
    ASSERT_TRUE(wait([&] { return peer.over(); }));
    EXPECT_TRUE(peer.bytes.empty());
  }
}

TEST_F(DnsResponderTest, EndsTcpThatIsIdle) {
  open({}, {32, milliseconds(30), {}});
  TcpPeer silent(loop, address);
  TcpPeer halfway(loop, address);
  halfway.socket->write(dns_frame(kServers) + "\0\x20half"s);
  ASSERT_TRUE(wait([&] { return silent.over() && halfway.over(); }));
  EXPECT_EQ(halfway.messages().size(), 1U);
}

TEST_F(DnsResponderTest, HasRoomForSoManyConnections) {
  open({}, {2, milliseconds(10'000), {}});
  auto first = std::make_unique<TcpPeer>(loop, address);
  first->socket->write(dns_frame(kServers));
  ASSERT_TRUE(wait([&] { return first->messages().size() == 1; }));
  TcpPeer second(loop, address);
  second.socket->write(dns_frame(kServers));
  ASSERT_TRUE(wait([&] { return second.messages().size() == 1; }));
  TcpPeer third(loop, address);
  ASSERT_TRUE(wait([&] { return third.over(); }));
  first.reset();
  bool served = false;
  for (int i = 0; i < 100 && !served; ++i) {  // until its end is noticed
    TcpPeer next(loop, address);
    next.socket->write(dns_frame(kServers));
    ASSERT_TRUE(wait([&] { return next.over() || next.messages().size() == 1; }));
    served = !next.over();
  }
  EXPECT_TRUE(served);
}

TEST_F(DnsResponderTest, DoesNotReadFromWhoDoesNotRead) {
  TcpPeer deaf(loop, address);
  deaf.socket->read_stop();
  ASSERT_TRUE(wait([&] { return deaf.connected; }));
  std::string many;
  while (many.size() < std::size_t{1} << 20) many += dns_frame(kServers);
  for (int i = 0; i < 32; ++i) deaf.socket->write(many);
  std::size_t left = 0;
  for (int same = 0, i = 0; same < 5 && i < 100; ++i) {
    run_until(
        loop, [] { return false; }, milliseconds(100));
    const auto now = deaf.socket->queued_bytes();
    same = std::exchange(left, now) == now ? same + 1 : 0;
  }
  EXPECT_GT(deaf.socket->queued_bytes(), 0U);
  deaf.socket->read_start();
  // Millions of questions: with sanitizers on a busy machine, that takes a while.
  ASSERT_TRUE(run_until(
      loop, [&] { return deaf.socket->queued_bytes() == 0; }, std::chrono::minutes(4)));
}

TEST_F(DnsResponderTest, NeedsTheAddressForItself) {
  const auto again =
      DnsResponder::open(loop, address, {{target}, std::nullopt}, {}, [](DnsOutcome) {});
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("UDP " + address.text()), std::string::npos);
  const auto listener = Listener::listen(loop, loopback(), [](const auto&, const auto&) {});
  const auto foreign = *SocketAddress::from(Endpoint{"192.0.2.1", 53});
  EXPECT_FALSE(DnsResponder::open(loop, foreign, {{target}, std::nullopt}, {}, [](DnsOutcome) {}));
}

TEST_F(DnsResponderTest, ChangesItsAnswers) {
  UdpPeer peer(loop, address);
  responder->change({{*SocketAddress::from(Endpoint{"127.0.0.9", 15269})}, std::nullopt});
  peer.socket->send(kServers);
  ASSERT_TRUE(wait([&] { return !peer.got.empty(); }));
  EXPECT_NE(peer.got.front(), reply(kServers));
  EXPECT_NE(peer.got.front().find(two(15269) + wire("127.0.0.9")), std::string::npos);
}

TEST_F(DnsResponderTest, ForwardsByUdp) {
  UdpPeer resolver(loop);
  open(resolver.socket->address(), {});
  UdpPeer peer(loop, address);
  peer.socket->send(kOther);
  ASSERT_TRUE(wait([&] { return resolver.got.size() == 1; }));
  const auto asked = resolver.got.front();
  EXPECT_EQ(asked.substr(2), kOther.substr(2));
  const auto answer =
      header(0x8180, 1, 1, 0, 0, id_of(asked)) + question("api.example", kA) + "rest";
  auto forged = answer;
  set_id(forged, static_cast<std::uint16_t>(id_of(asked) + 1));
  for (const auto& wrong :
       {forged, asked, "x"s,
        header(0x8180, 1, 1, 0, 0, id_of(asked)) + question("evil.example", kA)})
    resolver.socket->send_to(wrong, resolver.from);
  resolver.socket->send_to(answer, resolver.from);
  ASSERT_TRUE(wait([&] { return peer.got.size() == 1; }));
  EXPECT_EQ(peer.got.front(), header(0x8180, 1, 1) + question("api.example", kA) + "rest");
  EXPECT_EQ(outcomes, Outcomes{DnsOutcome::kForwarded});
}

TEST_F(DnsResponderTest, TakesAnswersOfTheResolverAlone) {
  UdpPeer resolver(loop);
  open(resolver.socket->address(), {32, milliseconds(10'000), {256, milliseconds(100)}});
  UdpPeer peer(loop, address);
  peer.socket->send(kOther);
  ASSERT_TRUE(wait([&] { return resolver.got.size() == 1; }));
  UdpPeer stranger(loop);
  auto answer = header(0x8180) + question("api.example", kA);
  set_id(answer, id_of(resolver.got.front()));
  stranger.socket->send_to(answer, resolver.from);
  ASSERT_TRUE(wait([&] { return peer.got.size() == 1; }));
  EXPECT_EQ(peer.got.front(), header(0x8182) + question("api.example", kA));
  EXPECT_EQ(outcomes, Outcomes{DnsOutcome::kFailed});
}

TEST_F(DnsResponderTest, ForwardsEachQueryWithAnIdAndAPortOfItsOwn) {
  UdpPeer resolver(loop);
  open(resolver.socket->address(), {});
  UdpPeer peer(loop, address);
  std::set<std::uint16_t> ids;
  std::set<std::uint16_t> ports;
  for (std::size_t i = 1; i <= 20; ++i) {
    peer.socket->send(kOther);
    ASSERT_TRUE(wait([&] { return resolver.got.size() == i; }));
    ids.insert(id_of(resolver.got.back()));
    ports.insert(resolver.from.port());
  }
  EXPECT_GT(ids.size(), 15U);
  EXPECT_EQ(ports.size(), 20U);
}

TEST_F(DnsResponderTest, FailsAtOnceIfThereIsNoResolver) {
  const auto nobody = free_address(loop);
  open(nobody, {});
  UdpPeer peer(loop, address);
  peer.socket->send(kOther);
  ASSERT_TRUE(run_until(
      loop, [&] { return peer.got.size() == 1; }, milliseconds(3'000)));
  TcpPeer by_tcp(loop, address);
  by_tcp.socket->write(dns_frame(kOther) + dns_frame(kServers));
  ASSERT_TRUE(run_until(
      loop, [&] { return by_tcp.messages().size() == 2; }, milliseconds(3'000)));
  const auto failure = header(0x8182) + question("api.example", kA);
  EXPECT_EQ(peer.got.front(), failure);
  EXPECT_EQ(by_tcp.messages(), (std::vector{failure, reply(kServers)}));
}

TEST_F(DnsResponderTest, HasSoManyQueriesForwarded) {
  UdpPeer resolver(loop);
  open(resolver.socket->address(), {32, milliseconds(10'000), {3, milliseconds(10'000)}});
  UdpPeer peer(loop, address);
  for (int i = 0; i < 5; ++i) peer.socket->send(kOther);
  ASSERT_TRUE(wait([&] { return resolver.got.size() == 3 && peer.got.size() == 2; }));
  EXPECT_EQ(outcomes, (Outcomes{DnsOutcome::kFailed, DnsOutcome::kFailed}));
  peer.socket->send(kServers);  // which asks nobody
  ASSERT_TRUE(wait([&] { return peer.got.size() == 3; }));
  auto answer = header(0x8180) + question("api.example", kA);
  set_id(answer, id_of(resolver.got.back()));
  resolver.socket->send_to(answer, resolver.from);
  ASSERT_TRUE(wait([&] { return peer.got.size() == 4; }));
  peer.socket->send(kOther);
  EXPECT_TRUE(wait([&] { return resolver.got.size() == 4; }));
}

TEST_F(DnsResponderTest, ForwardsByTcp) {
  TcpResolver resolver(loop);
  open(resolver.listener->address(), {});
  TcpPeer peer(loop, address);
  peer.socket->write(dns_frame(kOther) + dns_frame(kServers));
  ASSERT_TRUE(wait([&] { return resolver.peer.messages().size() == 1; }));
  const auto asked = resolver.peer.messages().front();
  EXPECT_EQ(asked.substr(2), kOther.substr(2));
  EXPECT_TRUE(peer.messages().empty());
  const std::string large(60'000, 'x');
  resolver.peer.socket->write(
      dns_frame(header(0x8180, 1, 1, 0, 0, id_of(asked)) + question("api.example", kA) + large));
  ASSERT_TRUE(wait([&] { return peer.messages().size() == 2; }));
  EXPECT_EQ(
      peer.messages(),
      (std::vector{header(0x8180, 1, 1) + question("api.example", kA) + large, reply(kServers)}));
}

TEST_F(DnsResponderTest, FailsIfTheResolverSaysSomethingElseByTcp) {
  for (const std::string& said :
       {"\0\3abc"s, dns_frame(header(0x8180) + question("evil", kA)), ""s}) {
    TcpResolver resolver(loop);
    open(resolver.listener->address(), {});
    TcpPeer peer(loop, address);
    peer.socket->write(dns_frame(kOther));
    ASSERT_TRUE(wait([&] { return resolver.peer.messages().size() == 1; }));
    resolver.peer.socket->write(said);
    if (said.empty()) resolver.peer.socket->shutdown();
    ASSERT_TRUE(wait([&] { return peer.messages().size() == 1; }));
    EXPECT_EQ(peer.messages().front(), header(0x8182) + question("api.example", kA));
  }
}

TEST_F(DnsResponderTest, IsDestroyedWhileItWaits) {
  UdpPeer resolver(loop);
  open(resolver.socket->address(), {});
  UdpPeer peer(loop, address);
  TcpPeer by_tcp(loop, address);
  peer.socket->send(kOther);
  ASSERT_TRUE(wait([&] { return resolver.got.size() == 1 && by_tcp.connected; }));
  responder.reset();
  ASSERT_TRUE(wait([&] { return by_tcp.over(); }));
  EXPECT_TRUE(peer.got.empty());
}

TEST_F(DnsResponderTest, NeedsNobodyToWaitForTheAnswer) {
  TcpResolver resolver(loop);
  open(resolver.listener->address(), {});
  {
    TcpPeer peer(loop, address);
    peer.socket->write(dns_frame(kOther));
    ASSERT_TRUE(wait([&] { return resolver.peer.messages().size() == 1; }));
  }
  resolver.peer.socket->write(
      dns_frame(header(0x8180, 1, 0, 0, 0, id_of(resolver.peer.messages()[0])) +
                question("api.example", kA)));
  EXPECT_TRUE(wait([&] { return !outcomes.empty(); }));
  TcpPeer next(loop, address);
  next.socket->write(dns_frame(kServers));
  EXPECT_TRUE(wait([&] { return next.messages().size() == 1; }));
}

// The resolver of Prosody.
TEST_F(DnsResponderTest, SatisfiesLibunbound) {
  const auto client = std::move(*DnsClient::make(loop, {Endpoint{address.host(), address.port()}}));
  const auto look_up = [&](const std::string& name, DnsType type) {
    std::optional<DnsAnswer> found;
    const auto asking =
        client->ask(name, type, [&](DnsAnswer answer) { found = std::move(answer); });
    wait([&] { return found.has_value(); });
    return found.value_or(DnsAnswer{});
  };
  const auto servers = look_up(kServer, DnsType::kSrv);
  EXPECT_EQ(servers.rdata, std::vector{two(0) + two(0) + two(5269) + wire("127.0.0.2")});
  EXPECT_EQ(look_up("_xmpps-server._tcp.peer.example", DnsType::kSrv).status, "NXDOMAIN");
  EXPECT_EQ(look_up("127.0.0.2", DnsType::kA).rdata, std::vector{"\x7f\0\0\2"s});
  EXPECT_EQ(look_up("127.0.0.2", DnsType::kAaaa).status, "no records");
  EXPECT_EQ(look_up("peer.example", DnsType::kA).outcome, DnsAnswer::Outcome::kFailed);
}

}  // namespace
}  // namespace portcullis::net
