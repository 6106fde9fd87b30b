#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "proxy/handover/giver.h"
#include "proxy/handover/predecessors.h"
#include "proxy/handover/taker.h"
#include "proxy/net/line_server.h"
#include "proxy/net/listening_socket.h"
#include "proxy/net/local_socket.h"

namespace portcullis::handover {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr auto kLong = 20s;

net::Descriptor listening(std::uint16_t& port) {
  const auto any = *net::SocketAddress::from(Endpoint{"127.0.0.1", 0});
  net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), any.raw(), any.raw_size()), 0);
  EXPECT_EQ(::listen(socket.get(), 8), 0);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = net::SocketAddress::from(reinterpret_cast<const sockaddr*>(&address)).port();
  return socket;
}

// The process before: a loop on a thread of its own, with a control socket.
class Before {
 public:
  explicit Before(std::chrono::milliseconds patience = kLong) {
    std::string pattern = testing::TempDir() + "hand-over-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    socket_ = listening(port_);
    giver_.emplace(loop_,
                   Giver::Owner{[this] { return gather(); }, [this](pid_t who) { confirmed = who; },
                                [this](const std::string& why) { given_up.set_value(why); },
                                [this] { ++ended; },
                                [this] {
                                  return Left{streams, 60};
                                }},
                   patience);
    server_ = *net::LineServer::listen(
        loop_, path(), {},
        [](std::string_view, const net::LineServer::Reply& reply) { reply("?"); },
        [this](std::string_view line, const std::function<net::Descriptor()>& share) {
          if (line != kRequest) return false;
          giver_->take(share());
          return true;
        });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Before() {
    loop_.stop();
    thread_.join();
    server_.reset();
    giver_.reset();
    std::filesystem::remove_all(directory_);
  }
  Before(const Before&) = delete;
  Before& operator=(const Before&) = delete;

  std::string path() const { return directory_ / "control.sock"; }
  std::uint16_t port() const { return port_; }
  void on_loop(const std::function<void(Giver&)>& work) {
    std::promise<void> done;
    loop_.post([&] {
      work(*giver_);
      done.set_value();
    });
    done.get_future().wait();
  }

  // Keeps the loop busy until what it returns is given a value.
  std::promise<void> hold_up() {
    std::promise<void> released;
    std::promise<void> held;
    loop_.post([&held, until = released.get_future().share()] {
      held.set_value();
      until.wait();
    });
    held.get_future().wait();
    return released;
  }
  // Without a word, as a process does that dies.
  void break_off() {
    std::promise<void> done;
    loop_.post([&] {
      giver_.reset();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::atomic<std::int64_t> process{4711};  // nobody's
  std::atomic<bool> refuses{false};
  std::atomic<pid_t> confirmed{0};
  std::atomic<int> ended{0};
  std::atomic<std::uint64_t> streams{3};
  std::promise<std::string> given_up;

 private:
  Result<Giver::Given> gather() {
    if (refuses) return fail("not now");
    Giver::Given given;
    given.offer.version = "7";
    given.offer.process = process;
    given.sockets.push_back(net::duplicate(socket_.get()));
    given.offer.sockets = given.sockets.size();
    return given;
  }

  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  net::Descriptor socket_;
  net::Loop loop_;
  std::optional<Giver> giver_;
  std::unique_ptr<net::LineServer> server_;
  std::thread thread_;
};

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

// Of this process, while it lives: the descriptors that it has, and `spare` more.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t spare) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const net::Descriptor next(::dup(STDIN_FILENO));
    const rlimit few{static_cast<rlim_t>(next.get()) + spare, before_.rlim_max};
    EXPECT_TRUE(next && setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(HandOver, ASuccessorThatLivesIsNotGoneWhereDescriptorsHaveRunOut) {
  Before before;
  auto taker = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(taker && taker->confirm(kLong));
  auto connection = std::move(*taker).predecessors();
  ASSERT_EQ(connection.size(), 1U);
  before.on_loop([](Giver& giver) {
    const FewDescriptors none(0);
    EXPECT_FALSE(net::duplicate(STDIN_FILENO));
    EXPECT_FALSE(giver.successor_is_gone());
  });
  connection.clear();
  before.on_loop([](Giver& giver) {
    const FewDescriptors none(0);
    EXPECT_TRUE(giver.successor_is_gone());
  });
}

// Of this thread only, and for good. Root may have any number of descriptors under way.
void give_up_root() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  EXPECT_EQ(::syscall(SYS_capset, &header, none.data()), 0);
}

// Puts more descriptors under way than a process may have with FewDescriptors.
void send_many(const net::Descriptor& socket) {
  constexpr std::size_t kMany = 200;
  std::array<int, kMany> same{};
  same.fill(STDIN_FILENO);
  std::array<char, CMSG_SPACE(sizeof same)> buffer{};
  char octet = '.';
  iovec data{&octet, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = buffer.data();
  message.msg_controllen = buffer.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof same);
  std::memcpy(CMSG_DATA(header), same.data(), sizeof same);
  EXPECT_EQ(::sendmsg(socket.get(), &message, 0), 1);
}

TEST(HandOver, WhereTheKernelTakesNoMoreDescriptorsThatIsTheReason) {
  Before before;
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const net::Descriptor sender(pair[0]);
  const net::Descriptor unread(pair[1]);
  send_many(sender);
  before.on_loop([](Giver&) { give_up_root(); });
  {
    const FewDescriptors few(40);
    EXPECT_FALSE(Taker::ask(before.path(), kLong));
  }
  EXPECT_THAT(before.given_up.get_future().get(), HasSubstr("descriptors have run out"));
  EXPECT_EQ(before.confirmed, 0);
  // It was not the successor's fault, and the next one has more luck.
  auto next = Taker::ask(before.path(), kLong);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(next->confirm(kLong));
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
