#include "proxy/app/admin_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>

#include "proxy/net/descriptor.h"
#include "tests/unit/net/harness.h"
#include "tests/unit/relay/record_support.h"

namespace portcullis::app {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Another program that listens on a port of this process's own address.
class Foreigner {
 public:
  Foreigner() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto wanted = net::test::process_address();
    EXPECT_EQ(::bind(socket_.get(), wanted.raw(), wanted.raw_size()), 0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    address_ = net::SocketAddress::from(reinterpret_cast<const sockaddr*>(&bound));
  }
  const net::SocketAddress& address() const { return address_; }
  void leave() { socket_ = net::Descriptor(); }

 private:
  net::Descriptor socket_;
  net::SocketAddress address_;
};

class AdminPortTest : public testing::Test {
 protected:
  AdminPort port_at(const net::SocketAddress& address) {
    const Endpoint endpoint{address.host(), address.port()};
    return {loop,
            {milliseconds(1), milliseconds(4)},
            books.log(),
            {[this, endpoint]() -> Result<std::unique_ptr<admin::Server>> {
               ++tries;
               if (!is_configured) return nullptr;
               return admin::Server::start(endpoint,
                                           {[] { return std::string(); }, [] { return true; },
                                            [] { return std::vector<admin::ReadyCheck>(); }});
             },
             [this, endpoint] {
               ++asked_who;
               return holder_of(endpoint);
             }}};
  }
  static bool answers(const net::SocketAddress& address) {
    const net::Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), address.raw(), address.raw_size()) == 0;
  }

  net::Loop loop;
  relay::Books books;
  int tries = 0;
  int asked_who = 0;
  bool is_configured = true;
};

TEST_F(AdminPortTest, OpensAtOnceWhereThePortIsFree) {
  Foreigner before;
  before.leave();
  auto port = port_at(before.address());
  port.open_when_free();
  EXPECT_TRUE(answers(before.address()));
  EXPECT_EQ(tries, 1);
  EXPECT_THAT(books.lines, IsEmpty());
}

TEST_F(AdminPortTest, AStartFailsWhereItIsTaken) {
  const Foreigner other;
  auto port = port_at(other.address());
  const auto opened = port.open();
  ASSERT_FALSE(opened);
  // The other one is this very program, which is not named.
  EXPECT_THAT(opened.error().message, HasSubstr("[listen] admin: cannot listen on"));
  EXPECT_EQ(asked_who, 1);
  EXPECT_FALSE(net::test::run_until(
      loop, [&] { return tries > 1; }, milliseconds(30)));
  EXPECT_THAT(books.lines, IsEmpty());
}

TEST_F(AdminPortTest, TriesUntilThePortIsFreeAndSaysSoTwice) {
  Foreigner other;
  auto port = port_at(other.address());
  port.open_when_free();
  ASSERT_TRUE(net::test::run_until(loop, [&] { return tries > 5; }));
  EXPECT_THAT(books.lines, ElementsAre(AllOf(HasSubstr("level=error"), HasSubstr("event=listen"),
                                             HasSubstr("cannot listen on"),
                                             HasSubstr("tried again until it succeeds"))));
  EXPECT_EQ(asked_who, 1) << "nobody reads the answer of a further try";
  other.leave();
  ASSERT_TRUE(net::test::run_until(loop, [&] { return books.lines.size() > 1; }));
  EXPECT_TRUE(answers(other.address()));
  EXPECT_THAT(books.lines[1], AllOf(HasSubstr("level=notice"), HasSubstr("listens now")));
  const int until_then = tries;
  EXPECT_FALSE(net::test::run_until(
      loop, [&] { return tries > until_then; }, milliseconds(30)));
  EXPECT_THAT(books.lines, SizeIs(2));
}

TEST_F(AdminPortTest, DoesNotTryAfterItWasClosed) {
  Foreigner other;
  auto port = port_at(other.address());
  port.open_when_free();
  port.close();
  other.leave();
  EXPECT_FALSE(net::test::run_until(
      loop, [&] { return tries > 1; }, milliseconds(30)));
  EXPECT_FALSE(answers(other.address()));
}

TEST_F(AdminPortTest, EndsItsTriesInSilenceWhereThereIsNothingToOpen) {
  const Foreigner other;
  auto port = port_at(other.address());
  port.open_when_free();
  ASSERT_THAT(books.lines, SizeIs(1));
  is_configured = false;
  const int until_then = tries;
  ASSERT_TRUE(net::test::run_until(loop, [&] { return tries > until_then; }));
  EXPECT_FALSE(net::test::run_until(
      loop, [&] { return tries > until_then + 1; }, milliseconds(30)));
  EXPECT_THAT(books.lines, SizeIs(1)) << "it does not listen, and must not say so";
}

// 1 + 2 + 4 + 4 ... ms: in 100 ms at most 27 tries, whatever the machine does.
TEST_F(AdminPortTest, TriesAtABoundedRate) {
  const Foreigner other;
  auto port = port_at(other.address());
  port.open_when_free();
  net::test::run_until(
      loop, [] { return false; }, milliseconds(100));
  EXPECT_GT(tries, 1);
  EXPECT_LE(tries, 28);
}

TEST_F(AdminPortTest, IsContentWithoutAnAddress) {
  is_configured = false;
  Foreigner before;
  before.leave();
  auto port = port_at(before.address());
  port.open_when_free();
  EXPECT_TRUE(port.open());
  EXPECT_EQ(asked_who, 0);
  EXPECT_THAT(books.lines, IsEmpty());
}

}  // namespace
}  // namespace portcullis::app
