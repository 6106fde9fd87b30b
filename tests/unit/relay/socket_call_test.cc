// Unit tests of SocketCall, over real sockets on loopback.

#include "proxy/relay/socket_call.h"

#include "tests/unit/relay/socket_transport_support.h"

namespace portcullis::relay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SocketCallTest : public SocketTransportTest {
 protected:
  void call(const net::SocketAddress& to) {
    call_ = std::make_unique<SocketCall>(
        loop_, scratch_, to, [this](Network::Called called) { called_ = std::move(called); });
    EXPECT_FALSE(called_) << "before it returned";
  }
  void listen_to_peer() {
    listen([this](const auto& accept, const auto&) { peer_.socket = accept(peer_); });
  }
  bool until_called() {
    return until([this] { return called_.has_value(); });
  }

  std::optional<Network::Called> called_;
};

TEST_F(SocketCallTest, GivesATransportThatIsOpen) {
  listen_to_peer();
  call(listener_->address());
  ASSERT_TRUE(until_called());
  ASSERT_TRUE(*called_);
  call_.reset();
  transport_ = (**called_)(heard_);
  EXPECT_THAT(heard_.events, IsEmpty());
  ASSERT_TRUE(until_heard("open"));
  EXPECT_THAT(heard_.events, ElementsAre("open"));
  EXPECT_EQ(transport_->peer(), listener_->address());
  transport_->send("hello");
  peer_.socket->read_start();
  ASSERT_TRUE(until([this] { return peer_.bytes == "hello"; }));
}

// It may speak first.
TEST_F(SocketCallTest, NothingIsLostThatComesBeforeTheTransport) {
  listen_to_peer();
  call(listener_->address());
  ASSERT_TRUE(until([this] { return peer_.socket != nullptr; }));
  peer_.socket->write("first");
  ASSERT_TRUE(until_called());
  settle();
  transport_ = (**called_)(heard_);
  ASSERT_TRUE(until_plain("first"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "plain"));
}

TEST_F(SocketCallTest, TellsThatNobodyListens) {
  listen([](const auto&, const auto&) {});
  const auto address = listener_->address();
  listener_.reset();
  settle();
  call(address);
  ASSERT_TRUE(until_called());
  ASSERT_FALSE(*called_);
  EXPECT_THAT(called_->error().detail, HasSubstr("refused"));
  EXPECT_FALSE(called_->error().out_of_descriptors);
}

TEST_F(SocketCallTest, MayBeEndedWhileItConnects) {
  listen_to_peer();
  call(listener_->address());
  call_.reset();
  settle();
  EXPECT_FALSE(called_);
}

TEST_F(SocketCallTest, AConnectionThatNobodyTakesEnds) {
  listen_to_peer();
  call(listener_->address());
  ASSERT_TRUE(until([this] { return called_.has_value() && peer_.socket != nullptr; }));
  peer_.socket->read_start();
  call_.reset();
  called_.reset();
  ASSERT_TRUE(until([this] { return peer_.ended || peer_.error != 0; }));
}

TEST_F(SocketCallTest, AResetBeforeTheTransportIsALoss) {
  listen_to_peer();
  call(listener_->address());
  ASSERT_TRUE(until([this] { return called_.has_value() && peer_.socket != nullptr; }));
  peer_.socket->reset();
  settle();
  transport_ = (**called_)(heard_);
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_EQ(transport_->peer(), listener_->address());
}

}  // namespace
}  // namespace portcullis::relay
