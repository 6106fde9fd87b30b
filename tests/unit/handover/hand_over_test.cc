// A process hands its listening sockets to the next one, or keeps them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy/handover/predecessors.h"
#include "proxy/handover/taker.h"
#include "proxy/net/local_socket.h"
#include "tests/unit/handover/process_before.h"

namespace portcullis::handover {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(HandOver, TheVerySocketGoesOver) {
  Before before;
  auto taker = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(taker) << taker.error().message;
  EXPECT_EQ(taker->offer().version, "7");
  EXPECT_TRUE(taker->faults().empty());
  const auto address = *net::SocketAddress::from(Endpoint{"127.0.0.1", before.port()});
  const auto sockets = taker->sockets().take_tcp(address);
  ASSERT_EQ(sockets.size(), 1U);
  // Who connects before the new one accepts waits in the same queue.
  const net::Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), address.raw(), address.raw_size()), 0);
  EXPECT_EQ(before.confirmed, 0);
  ASSERT_TRUE(taker->confirm(kLong));
  EXPECT_EQ(before.confirmed, ::getpid());
  EXPECT_TRUE(net::Descriptor(::accept(sockets[0].get(), nullptr, nullptr)));
}

TEST(HandOver, TheOldOneTellsHowManyStreamsItHas) {
  Before before;
  auto taker = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(taker && taker->confirm(kLong));
  net::Loop loop;
  std::function<void()> changed;
  std::optional<std::int64_t> gone;
  Predecessors known(loop, {[&] { changed(); },
                            [&](std::int64_t process) {
                              gone = process;
                              loop.stop();
                            }});
  changed = [] {};
  for (auto& one : std::move(*taker).predecessors()) known.add(std::move(one));
  EXPECT_EQ(known.count(), 1U);
  changed = [&] {
    if (known.streams() == 3) loop.stop();
  };
  loop.run();
  EXPECT_EQ(known.text(), "process 4711 serves 3 streams from before, for at most 60 seconds");
  before.streams = 1;
  changed = [&] {
    if (known.streams() == 1) loop.stop();
  };
  loop.run();
  Offer offer;
  EXPECT_EQ(known.share(offer).size(), 1U);
  EXPECT_EQ(offer.predecessors, std::vector<std::int64_t>{4711});
  known.end();
  changed = [] {};
  before.on_loop([](Giver&) {});
  while (before.ended == 0) before.on_loop([](Giver&) {});
  EXPECT_FALSE(gone);
}

TEST(HandOver, ARefusalIsToldInItsWords) {
  Before before;
  before.refuses = true;
  const auto taker = Taker::ask(before.path(), kLong);
  ASSERT_FALSE(taker);
  EXPECT_THAT(taker.error().message, HasSubstr("says: not now"));
  before.refuses = false;
  EXPECT_TRUE(Taker::ask(before.path(), kLong));
}

TEST(HandOver, OneThatGoesAwayChangesNothing) {
  Before before;
  { ASSERT_TRUE(Taker::ask(before.path(), kLong)); }
  EXPECT_THAT(before.given_up.get_future().get(), HasSubstr("has ended"));
  EXPECT_EQ(before.confirmed, 0);
  auto next = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->confirm(kLong));
}

TEST(HandOver, OneThatTakesTooLongChangesNothing) {
  Before before(50ms);
  auto taker = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(taker);
  EXPECT_THAT(before.given_up.get_future().get(), HasSubstr("in time"));
  const auto confirmed = taker->confirm(kLong);
  EXPECT_EQ(before.confirmed, 0);
  EXPECT_FALSE(confirmed);
}

TEST(HandOver, TheConfirmationOfOneThatIsGoneIsNotTaken) {
  Before before;
  auto taker = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(taker);
  auto release = before.hold_up();
  const auto confirmed = taker->confirm(10ms);
  ASSERT_FALSE(confirmed);
  EXPECT_THAT(confirmed.error().message, HasSubstr("does not answer"));
  release.set_value();
  EXPECT_THAT(before.given_up.get_future().get(), HasSubstr("has ended"));
  EXPECT_EQ(before.confirmed, 0);
}

TEST(HandOver, WhatWasConfirmedInTimeCountsThoughTheLoopWasHeldUp) {
  constexpr auto kPatience = 200ms;
  Before before(kPatience);
  auto connection = *net::connect_local(before.path());
  const std::string request = std::string(kRequest) + "\n";
  ASSERT_EQ(::send(connection.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  net::ReceivedParts parts;
  while (parts.descriptors.empty())
    ASSERT_TRUE(net::receive_parts(connection, parts, net::after(kLong)));
  auto release = before.hold_up();
  const std::string line = std::string(kConfirm) + "\n";
  ASSERT_EQ(::send(connection.get(), line.data(), line.size(), 0),
            static_cast<ssize_t>(line.size()));
  std::this_thread::sleep_for(2 * kPatience);  // it is the time itself that has to pass
  release.set_value();
  while (parts.text.find(kYours) == std::string::npos)
    ASSERT_TRUE(net::receive_parts(connection, parts, net::after(kLong))) << parts.text;
  EXPECT_EQ(before.confirmed, ::getpid());
}

TEST(HandOver, AnEndWithoutAWordIsADeathOnlyWhereNobodyLives) {
  for (const bool lives : {true, false}) {
    Before before;
    if (lives) before.process = ::getpid();
    auto taker = Taker::ask(before.path(), kLong);
    ASSERT_TRUE(taker);
    before.break_off();
    EXPECT_EQ(bool(taker->confirm(kLong)), !lives);
  }
}

TEST(HandOver, ADrainTakesTheOfferBack) {
  Before before;
  auto taker = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(taker);
  before.on_loop([](Giver& giver) { giver.withdraw(); });
  EXPECT_FALSE(taker->confirm(kLong));
  EXPECT_EQ(before.confirmed, 0);
}

TEST(HandOver, OnlyOneAtATimeAndOnlyOnce) {
  Before before;
  auto first = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(first);
  auto second = Taker::ask(before.path(), kLong);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("taking over already"));
  ASSERT_TRUE(first->confirm(kLong));
  second = Taker::ask(before.path(), kLong);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("has taken over"));
}

// A process that answers anything to whoever asks, and then closes.
class Foreign {
 public:
  explicit Foreign(std::string answer) {
    std::string pattern = testing::TempDir() + "foreign-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    server_ = *net::LineServer::listen(
        loop_, path(), {},
        [answer](std::string_view, const net::LineServer::Reply& reply) { reply(answer); });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Foreign() {
    loop_.stop();
    thread_.join();
    server_.reset();
    std::filesystem::remove_all(directory_);
  }
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;
  std::string path() const { return directory_ / "control.sock"; }

 private:
  std::filesystem::path directory_;
  net::Loop loop_;
  std::unique_ptr<net::LineServer> server_;
  std::thread thread_;
};

TEST(HandOver, AnOlderVersionIsUnderstood) {
  const Foreign older("unknown request; there are \"reload\", \"drain\"\nfailed\n");
  const auto taker = Taker::ask(older.path(), kLong);
  ASSERT_FALSE(taker);
  EXPECT_THAT(taker.error().message, HasSubstr("says: unknown request; there are \"reload\""));
}

TEST(HandOver, WhatIsPromisedAndDoesNotComeIsMissed) {
  const Foreign liar("portcullis-hand-over 1\nprocess 1\nsockets 2\nend-of-offer\n..");
  const auto taker = Taker::ask(liar.path(), kLong);
  ASSERT_FALSE(taker);
  EXPECT_THAT(taker.error().message, HasSubstr("closed the connection"));
}

TEST(HandOver, NonsenseIsNoOffer) {
  for (const std::string answer : {"\x1b[31m", "", "portcullis-hand-over 1\nprocess 1\n"}) {
    const Foreign foreign(answer);
    const auto taker = Taker::ask(foreign.path(), kLong);
    ASSERT_FALSE(taker) << answer;
    EXPECT_EQ(taker.error().message.find('\x1b'), std::string::npos);
  }
  EXPECT_FALSE(Taker::ask("/nowhere/control.sock", kLong));
}

TEST(HandOver, OnlyOurUserAndRootMayShare) {
  EXPECT_TRUE(may_share({1, ::geteuid()}));
  EXPECT_TRUE(may_share({1, 0}));
  EXPECT_FALSE(may_share({1, ::geteuid() + 1}));
  EXPECT_FALSE(may_share({0, ::geteuid()})) << "of another namespace, which nobody can name";
}

}  // namespace
}  // namespace portcullis::handover
