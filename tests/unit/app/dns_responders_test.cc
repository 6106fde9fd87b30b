#include "proxy/app/dns_responders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/net/dns_peers.h"
#include "tests/unit/net/dns_wire.h"
#include "tests/unit/relay/record_support.h"

namespace portcullis::app {
namespace {

using net::test::run_until;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kServers = net::test::query("_xmpp-server._tcp.peer.example", net::test::kSrv);

class DnsRespondersTest : public testing::Test {
 protected:
  policy::Config config(std::vector<Endpoint> dns) const {
    policy::Config config;
    config.outbound.capture = policy::Capture::kDns;
    config.outbound.dns = std::move(dns);
    return config;
  }
  Endpoint free_endpoint() {
    const auto free = net::test::free_address(loop);
    return {free.host(), free.port()};
  }
  testing::AssertionResult adopt(DnsResponders& responders, const policy::Config& next) {
    auto opened = responders.prepare(next);
    if (!opened) return testing::AssertionFailure() << opened.error().message;
    responders.adopt(next, std::move(*opened));
    return testing::AssertionSuccess();
  }
  // The answer; empty: nobody was there.
  std::string ask(const Endpoint& endpoint, const std::string& query = kServers) {
    net::test::UdpPeer peer(loop, *net::SocketAddress::from(endpoint));
    peer.socket->send(query);
    EXPECT_TRUE(run_until(loop, [&] { return peer.unreachable || !peer.got.empty(); }));
    return peer.got.empty() ? "" : peer.got.front();
  }
  double count(const std::string& outcome) {
    return books.count("capture_queries_total", "outcome=\"" + outcome + "\"");
  }
  void pause(milliseconds time) {
    run_until(
        loop, [] { return false; }, time);
  }

  net::Loop loop;
  relay::Books books;
};

TEST_F(DnsRespondersTest, LeadToTheOutboundListener) {
  DnsResponders responders(loop, {}, books.metrics(), books.log());
  auto first = config({free_endpoint()});
  first.outbound.listen = {{"127.0.0.7", 15269}};
  ASSERT_TRUE(adopt(responders, first));
  EXPECT_THAT(ask(first.outbound.dns[0]),
              HasSubstr(net::test::two(15269) + net::test::wire("127.0.0.7")));
  EXPECT_EQ(count("captured"), 1);
  ask(first.outbound.dns[0], net::test::query("peer.example", net::test::kA));
  EXPECT_EQ(count("refused"), 1);
}

TEST_F(DnsRespondersTest, DoNothingWithoutCapture) {
  DnsResponders responders(loop, {}, books.metrics(), books.log());
  auto none = config({free_endpoint()});
  none.outbound.capture = policy::Capture::kNone;
  ASSERT_TRUE(adopt(responders, none));
  EXPECT_EQ(ask(none.outbound.dns[0]), "");
}

TEST_F(DnsRespondersTest, FollowTheConfiguration) {
  DnsResponders responders(loop, {}, books.metrics(), books.log());
  auto next = config({free_endpoint()});
  const auto first = next.outbound.dns[0];
  ASSERT_TRUE(adopt(responders, next));
  next.outbound.listen = {{"127.0.0.9", 5269}};
  next.outbound.dns.push_back(free_endpoint());
  const auto second = next.outbound.dns[1];
  ASSERT_TRUE(adopt(responders, next));
  EXPECT_THAT(ask(first), HasSubstr(net::test::wire("127.0.0.9")));
  EXPECT_EQ(ask(first), ask(second));
  next.outbound.dns = {second};
  ASSERT_TRUE(adopt(responders, next));
  EXPECT_EQ(ask(first), "");
  EXPECT_NE(ask(second), "");
  next.outbound.capture = policy::Capture::kNone;
  ASSERT_TRUE(adopt(responders, next));
  EXPECT_EQ(ask(second), "");
}

TEST_F(DnsRespondersTest, ChangeNothingIfOneCannotBeOpened) {
  DnsResponders responders(loop, {}, books.metrics(), books.log());
  const auto before = config({free_endpoint()});
  ASSERT_TRUE(adopt(responders, before));
  const auto fresh = free_endpoint();
  const auto next = config({fresh, {"192.0.2.1", 5353}});
  EXPECT_FALSE(adopt(responders, next));
  EXPECT_EQ(ask(fresh), "");
  EXPECT_NE(ask(before.outbound.dns[0]), "");
}

TEST_F(DnsRespondersTest, WarnOnceIfNobodyLooksForAServer) {
  DnsResponders responders(loop, {milliseconds(20)}, books.metrics(), books.log());
  const auto here = config({free_endpoint()});
  ASSERT_TRUE(adopt(responders, here));
  ask(here.outbound.dns[0], net::test::query("peer.example", net::test::kA));
  pause(milliseconds(60));
  EXPECT_THAT(books.lines, ElementsAre(AllOf(HasSubstr("event=backend"),
                                             HasSubstr(here.outbound.dns[0].text()))));
}

TEST_F(DnsRespondersTest, DoNotWarnOnceSomebodyHas) {
  DnsResponders responders(loop, {milliseconds(500)}, books.metrics(), books.log());
  auto here = config({free_endpoint()});
  ASSERT_TRUE(adopt(responders, here));
  ask(here.outbound.dns[0]);
  here.outbound.dns = {free_endpoint()};
  ASSERT_TRUE(adopt(responders, here));
  pause(milliseconds(700));
  EXPECT_THAT(books.lines, IsEmpty());
}

TEST_F(DnsRespondersTest, DoNotWarnWithoutCapture) {
  DnsResponders responders(loop, {milliseconds(500)}, books.metrics(), books.log());
  auto here = config({free_endpoint()});
  ASSERT_TRUE(adopt(responders, here));
  here.outbound.capture = policy::Capture::kNone;
  ASSERT_TRUE(adopt(responders, here));
  pause(milliseconds(700));
  EXPECT_THAT(books.lines, IsEmpty());
}

}  // namespace
}  // namespace portcullis::app
