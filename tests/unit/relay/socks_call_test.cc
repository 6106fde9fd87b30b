// Unit tests of SocksCall, over real sockets on loopback. The proxy is the test.

#include "proxy/relay/socks_call.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "tests/unit/relay/socket_transport_support.h"

namespace portcullis::relay {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kGreeting = "\x05\x02\x00\x02"s;
const std::string kRequest = "\x05\x01\x00\x03\x0cpeer.example\x14\x95"s;
const std::string kDone = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s;

class SocksCallTest : public SocketTransportTest {
 protected:
  void call(const net::SocketAddress& to) {
    call_ = std::make_unique<SocksCall>(
        loop_, scratch_, to, net::SocksRequest{DomainName::parse("peer.example").value(), 5269},
        [this](Network::Called called) {
          called_ = std::move(called);
          call_.reset();  // as an owner may
        });
    EXPECT_FALSE(called_) << "before it returned";
  }
  // The proxy has the greeting.
  void call_proxy() {
    listen([this](const auto& accept, const auto&) {
      peer_.socket = accept(peer_);
      peer_.socket->read_start();
    });
    call(listener_->address());
    ASSERT_TRUE(hears(kGreeting));
  }
  // And the request.
  void ask_proxy() {
    call_proxy();
    says("\x05\x00"s);
    ASSERT_TRUE(hears(kGreeting + kRequest));
  }
  bool hears(const std::string& all) {
    return until([this, all] { return peer_.bytes.size() >= all.size(); }) && peer_.bytes == all;
  }
  void says(const std::string& bytes) { peer_.socket->write(bytes); }
  bool until_called() {
    return until([this] { return called_.has_value(); });
  }
  void expect_failure(bool of_proxy, const std::string& detail) {
    ASSERT_TRUE(until_called());
    ASSERT_FALSE(*called_);
    EXPECT_EQ(called_->error().proxy_failed, of_proxy);
    EXPECT_FALSE(called_->error().out_of_descriptors);
    EXPECT_THAT(called_->error().detail, HasSubstr(detail));
    EXPECT_TRUE(until([this] { return !peer_.socket || peer_.ended || peer_.error != 0; }));
  }

  std::optional<Network::Called> called_;
};

TEST_F(SocksCallTest, GivesATransportToTheFarEnd) {
  ask_proxy();
  says(kDone);
  ASSERT_TRUE(until_called());
  ASSERT_TRUE(*called_);
  EXPECT_FALSE(call_);
  transport_ = (**called_)(heard_);
  ASSERT_TRUE(until_heard("open"));
  EXPECT_THAT(heard_.events, ElementsAre("open"));
  EXPECT_EQ(transport_->peer(), listener_->address());
  peer_.bytes.clear();
  transport_->send("hello");
  ASSERT_TRUE(hears("hello"));
  says("and you");
  ASSERT_TRUE(until_plain("and you"));
}

// What no kernel has acknowledged, over all sockets of this program.
std::uint64_t unacknowledged() {
  constexpr int kDescriptors = 256;
  std::uint64_t all = 0;
  for (int descriptor = 0; descriptor < kDescriptors; ++descriptor) {
    int octets = 0;
    if (::ioctl(descriptor, SIOCOUTQ, &octets) == 0) all += static_cast<std::uint64_t>(octets);
  }
  return all;
}

TEST_F(SocksCallTest, WhatTheProxyWasToldDoesNotCountAsDelivered) {
  ask_proxy();
  says(kDone);
  ASSERT_TRUE(until_called());
  ASSERT_TRUE(*called_);
  transport_ = (**called_)(heard_);
  ASSERT_TRUE(until_heard("open"));
  peer_.socket->read_stop();
  const std::string much(std::size_t{20} << 20U, 'x');
  transport_->send(much);
  // The kernels settle: what is told in between two looks that agree is the same moment.
  ASSERT_TRUE(until([this] {
    const auto before = unacknowledged();
    const auto delivery = transport_->outgoing().delivery();
    const auto written = delivery.sent - transport_->outgoing().queued();
    settle();
    return before > 0 && before == unacknowledged() && delivery.acknowledged == written - before;
  }));
}

TEST_F(SocksCallTest, TakesAnswersOctetByOctet) {
  call_proxy();
  says("\x05"s);
  settle();
  EXPECT_EQ(peer_.bytes, kGreeting);
  EXPECT_TRUE(call_->is_with_proxy());
  says("\x00"s);
  ASSERT_TRUE(hears(kGreeting + kRequest));
  EXPECT_FALSE(call_->is_with_proxy());
  for (const char octet : kDone) {
    EXPECT_FALSE(called_);
    says({octet});
    settle();
  }
  ASSERT_TRUE(until_called());
  EXPECT_TRUE(*called_);
}

// What the far end says before the transport reads is not lost, and not taken for an answer.
TEST_F(SocksCallTest, WhatComesBehindTheReplyWaitsForTheTransport) {
  ask_proxy();
  says(kDone);
  ASSERT_TRUE(until_called());
  ASSERT_TRUE(*called_);
  says("first");
  settle();
  transport_ = (**called_)(heard_);
  ASSERT_TRUE(until_plain("first"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "plain"));
}

TEST_F(SocksCallTest, AProxyThatIsDownIsTheProxysFault) {
  listen([](const auto&, const auto&) {});
  const auto address = listener_->address();
  listener_.reset();
  settle();
  call(address);
  expect_failure(true, "refused");
}

TEST_F(SocksCallTest, AProxyThatTalksNonsenseIsTheProxysFault) {
  call_proxy();
  says("HTTP/1.1 400 Bad Request\r\n\r\n");
  expect_failure(true, "it is no SOCKS5 proxy");
}

TEST_F(SocksCallTest, AProxyThatRefusesIsTheProxysFault) {
  ask_proxy();
  says("\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"s);
  expect_failure(true, "its rules do not allow the connection");
}

TEST_F(SocksCallTest, APeerThatRefusesIsThePeersFault) {
  ask_proxy();
  says("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"s);
  expect_failure(false, "it says that the connection was refused");
}

TEST_F(SocksCallTest, AnEndBeforeTheRequestIsTheProxysFault) {
  call_proxy();
  peer_.socket->shutdown();
  expect_failure(true, "it closed the connection before it took the request");
}

TEST_F(SocksCallTest, AnEndAfterTheRequestIsThePeersFault) {
  ask_proxy();
  peer_.socket->shutdown();
  expect_failure(false, "it closed the connection while it called the domain");
}

TEST_F(SocksCallTest, AResetIsAnEndToo) {
  ask_proxy();
  peer_.socket->reset();
  ASSERT_TRUE(until_called());
  ASSERT_FALSE(*called_);
  EXPECT_FALSE(called_->error().proxy_failed);
}

TEST_F(SocksCallTest, MayBeEndedAtAnyMoment) {
  ask_proxy();
  call_.reset();
  ASSERT_TRUE(until([this] { return peer_.ended || peer_.error != 0; }));
  EXPECT_FALSE(called_);
}

TEST_F(SocksCallTest, AConnectionThatNobodyTakesEnds) {
  ask_proxy();
  says(kDone);
  ASSERT_TRUE(until_called());
  ASSERT_TRUE(*called_);
  called_.reset();
  ASSERT_TRUE(until([this] { return peer_.ended || peer_.error != 0; }));
  EXPECT_THAT(heard_.events, IsEmpty());
}

}  // namespace
}  // namespace portcullis::relay
