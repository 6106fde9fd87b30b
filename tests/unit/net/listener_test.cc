#include "proxy/net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <array>

#include "proxy/net/descriptor.h"
#include "proxy/net/kept_descriptors.h"
#include "proxy/net/timer.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using test::loopback;
using test::Recorder;
using test::run_until;

const Listener::OnConnection kDrop = [](const auto&, const auto&) {};

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(socket, level, name, &value, &size);
  return value;
}

TEST(Listener, TellsThePeersAddressAndDropsWhatIsNotTaken) {
  Loop loop;
  SocketAddress seen;
  auto listener = std::move(*Listener::listen(
      loop, loopback(), [&](const auto&, const SocketAddress& peer) { seen = peer; }));
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->read_start();
  client.socket->connect(listener->address());
  EXPECT_TRUE(run_until(loop, [&] { return client.ended || client.errors > 0; }));
  EXPECT_EQ(seen, client.socket->local());
}

TEST(Listener, HandsASocketOverOnlyOnce) {
  Loop loop;
  Recorder first;
  Recorder second;
  bool called = false;
  auto listener =
      std::move(*Listener::listen(loop, loopback(), [&](const auto& accept, const auto&) {
        first.socket = accept(first);
        second.socket = accept(second);
        called = true;
      }));
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(listener->address());
  EXPECT_TRUE(run_until(loop, [&] { return called; }));
  EXPECT_NE(first.socket, nullptr);
  EXPECT_EQ(second.socket, nullptr);
}

TEST(Listener, SeveralLoopsShareOneAddress) {
  Loop one;
  Loop two;
  auto first = std::move(*Listener::listen(one, loopback(), kDrop));
  auto second = Listener::listen(two, first->address(), kDrop);
  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_EQ((*second)->address(), first->address());
}

TEST(Listener, AddressInUseIsExplained) {
  Loop loop;
  const Descriptor other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketAddress address = loopback();
  ASSERT_EQ(::bind(other.get(), address.raw(), address.raw_size()), 0);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(other.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  const auto taken = SocketAddress::from(reinterpret_cast<sockaddr*>(&bound));
  const auto listener = Listener::listen(loop, taken, kDrop);
  ASSERT_FALSE(listener.has_value());
  EXPECT_NE(listener.error().message.find(taken.text()), std::string::npos);
  EXPECT_NE(listener.error().message.find("another program"), std::string::npos);
}

TEST(Listener, ForeignAddressIsExplained) {
  Loop loop;
  const auto listener =
      Listener::listen(loop, *SocketAddress::from(Endpoint{"192.0.2.1", 5269}), kDrop);
  ASSERT_FALSE(listener.has_value());
  EXPECT_NE(listener.error().message.find("no network interface"), std::string::npos);
}

TEST(Listener, AnyIpv6AddressTakesIpv4Too) {
  Loop loop;
  SocketAddress seen;
  auto listener =
      std::move(*Listener::listen(loop, *SocketAddress::from(Endpoint{"::", 0}),
                                  [&](const auto&, const SocketAddress& peer) { seen = peer; }));
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(loopback(listener->address().port()));
  EXPECT_TRUE(run_until(loop, [&] { return seen.port() != 0; }));
  EXPECT_EQ(seen.host(), "127.0.0.1");
  EXPECT_FALSE(seen.is_v6());
}

TEST(Listener, AcceptedSocketsHaveNoDelayAndKeepAlive) {
  Loop loop;
  Recorder server;
  auto listener = std::move(*Listener::listen(
      loop, loopback(), [&](const auto& accept, const auto&) { server.socket = accept(server); }));
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(listener->address());
  ASSERT_TRUE(run_until(loop, [&] { return server.socket != nullptr && client.connected; }));
  int checked = 0;
  for (int fd = 3; fd < 256; ++fd) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.ss_family != AF_INET) continue;
    ++checked;
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
  }
  EXPECT_EQ(checked, 2);
}

TEST(Listener, CloseStopsAcceptingAndLeavesConnections) {
  Loop loop;
  test::Pair pair(loop);
  const SocketAddress address = pair.listener->address();
  pair.listener->close();
  pair.listener->close();
  Recorder late;
  late.socket = std::make_unique<TcpSocket>(loop, late);
  late.socket->connect(address);
  EXPECT_TRUE(run_until(loop, [&] { return late.errors == 1; }));
  pair.server.socket->read_start();
  pair.client.socket->write("still here");
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.bytes == "still here"; }));
}

TEST(Listener, MayBeDestroyedInItsOwnCallback) {
  Loop loop;
  std::unique_ptr<Listener> listener;
  Recorder server;
  listener = std::move(*Listener::listen(loop, loopback(), [&](const auto& accept, const auto&) {
    listener.reset();
    server.socket = accept(server);
  }));
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(listener->address());
  EXPECT_TRUE(run_until(loop, [&] { return server.socket != nullptr; }));
}

std::chrono::milliseconds cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::milliseconds(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
}

// Runs `scenario` in a process of its own, because the limit concerns the whole process, and gives
// how that ended: 0 if the scenario says that nothing went wrong.
int in_a_child_with_few_descriptors(std::string (*scenario)()) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{64, 64};
    setrlimit(RLIMIT_NOFILE, &limit);
    const std::string wrong = scenario();
    if (!wrong.empty()) fprintf(stderr, "%s\n", wrong.c_str());
    _exit(wrong.empty() ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

std::string run_out_of_descriptors() {
  Loop loop;
  int served = 0;
  Recorder server;
  auto listener =
      std::move(*Listener::listen(loop, loopback(), [&](const auto& accept, const auto&) {
        ++served;
        server.socket = accept(server);
      }));
  Recorder refused;
  refused.socket = std::make_unique<TcpSocket>(loop, refused);
  refused.socket->read_start();
  refused.socket->connect(listener->address());

  std::vector<Descriptor> fill;
  while (true) {
    Descriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!one) break;
    fill.push_back(std::move(one));
  }
  if (!run_until(loop, [&] { return refused.ended || refused.errors > 0; }))
    return "the connection was not refused";
  if (served != 0) return "served without a descriptor";
  if (listener->exhausted() == 0) return "not counted";

  const auto before = cpu_time();
  bool waited = false;
  Timer wait(loop, [&] { waited = true; });
  wait.start(std::chrono::milliseconds(300));
  run_until(loop, [&] { return waited; });
  if (cpu_time() - before > std::chrono::milliseconds(150)) return "it spins";

  fill.clear();
  Recorder late;
  late.socket = std::make_unique<TcpSocket>(loop, late);
  late.socket->connect(listener->address());
  if (!run_until(loop, [&] { return served == 1; })) return "it did not recover";
  return "";
}

TEST(Listener, SurvivesRunningOutOfDescriptors) {
  EXPECT_EQ(in_a_child_with_few_descriptors(&run_out_of_descriptors), 0);
}

// Without a reserve nothing can be accepted and closed; the listener must wait, not spin.
std::string run_without_reserve() {
  Loop loop;
  std::vector<Descriptor> fill;
  while (true) {
    Descriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!one) break;
    fill.push_back(std::move(one));
  }
  fill.pop_back();  // for the listening socket, not for its reserve
  int served = 0;
  auto listener =
      std::move(*Listener::listen(loop, loopback(), [&](const auto&, const auto&) { ++served; }));
  for (int i = 0; i < 2; ++i) fill.pop_back();  // for the client and for libuv's own reserve
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(listener->address());
  const auto before = cpu_time();
  if (!run_until(loop, [&] { return listener->exhausted() >= 3; })) return "it stopped trying";
  if (cpu_time() - before > std::chrono::milliseconds(150)) return "it spins";
  fill.clear();
  if (!run_until(loop, [&] { return served == 1; })) return "it did not recover";
  return "";
}

TEST(Listener, WaitsWhenEvenTheReserveIsLost) {
  EXPECT_EQ(in_a_child_with_few_descriptors(&run_without_reserve), 0);
}

// Whoever watches the process must get one when connections have taken all others.
std::string take_all_but_the_kept() {
  Loop loop;
  int served = 0;
  auto listener =
      std::move(*Listener::listen(loop, loopback(), [&](const auto&, const auto&) { ++served; }));
  std::vector<Descriptor> fill;
  do {
    fill.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fill.back()) return "none is kept";
  } while (!is_kept_descriptor(fill.back().get()));
  fill.pop_back();

  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(listener->address());
  if (!run_until(loop, [&] { return client.errors > 0 && listener->exhausted() > 0; }))
    return "a connection took a kept one";
  if (served != 0) return "served on a kept one";
  if (!Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC))) return "none is left for others";

  fill.clear();
  Recorder late;
  late.socket = std::make_unique<TcpSocket>(loop, late);
  late.socket->connect(listener->address());
  if (!run_until(loop, [&] { return served == 1 && late.connected; })) return "it did not recover";
  return "";
}

// Who comes then can be told why, as long as that takes no more than half of what is kept.
std::string tell_on_the_kept() {
  Loop loop;
  int served = 0;
  std::vector<std::unique_ptr<Recorder>> told;
  auto socket = ListeningSocket::claim(loopback());
  if (!socket || !socket->listen()) return "it does not listen";
  auto listener = std::move(*Listener::serve(
      loop, std::move(*socket), [&](const auto&, const auto&) { ++served; },
      [&](const auto& accept, const auto&) {
        auto& one = *told.emplace_back(std::make_unique<Recorder>());
        one.socket = accept(one);
        one.socket->write("no");
      }));
  std::array<Recorder, 8> clients;
  for (auto& client : clients) client.socket = std::make_unique<TcpSocket>(loop, client);
  std::vector<Descriptor> fill;
  do {
    fill.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fill.back()) return "none is kept";
  } while (!is_kept_descriptor(fill.back().get()));
  // Each client takes one of the others, so that the next one of the kept is the listener's.
  fill.pop_back();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    fill.pop_back();
    clients[i].socket->connect(listener->address());
    clients[i].socket->read_start();
    if (!run_until(loop, [&] { return listener->exhausted() == i + 1; }))
      return "it did not see that descriptors run out";
  }
  if (served != 0) return "served on a kept one";
  if (told.empty()) return "nobody was told";
  if (!run_until(loop, [&] { return clients[0].bytes == "no"; })) return "it was not told";
  if (!Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC))) return "none is left for others";
  if (told.size() == clients.size()) return "telling took the last ones";
  return "";
}

TEST(Listener, LetsThoseBeToldWhoCannotBeServed) {
  EXPECT_EQ(in_a_child_with_few_descriptors(&tell_on_the_kept), 0);
}

TEST(Listener, LeavesTheLastDescriptorsToOthers) {
  EXPECT_EQ(in_a_child_with_few_descriptors(&take_all_but_the_kept), 0);
}

}  // namespace
}  // namespace portcullis::net
