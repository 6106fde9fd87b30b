#include "proxy/net/ask_tcp.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <thread>

#include "proxy/net/descriptor.h"

namespace portcullis::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Accepts one connection, reads one request and then does what the test wants with the socket.
class OneService {
 public:
  using Behaviour = std::function<void(int)>;

  explicit OneService(Behaviour behaviour)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), raw, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), raw, &size), 0);
    endpoint = {"127.0.0.1", ntohs(address.sin_port)};
    thread_ = std::jthread([this, behaviour = std::move(behaviour)] {
      const Descriptor accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char part[1024];
      const auto got = ::recv(accepted.get(), part, sizeof part, 0);
      if (got > 0) request.assign(part, static_cast<std::size_t>(got));
      behaviour(accepted.get());
    });
  }
  void join() { thread_.join(); }

  Endpoint endpoint;
  std::string request;

 private:
  Descriptor listener_;
  std::jthread thread_;
};

void say(int socket, std::string_view text) {
  [[maybe_unused]] const auto sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

// Until the other end has closed.
void wait_for_end(int socket) {
  char part[64];
  while (::recv(socket, part, sizeof part, 0) > 0) {
  }
}

constexpr AskLimits kPatient{milliseconds(20'000), 1000};

TEST(AskTcp, GivesTheWholeAnswer) {
  OneService service([](int socket) {
    say(socket, "one ");
    std::this_thread::sleep_for(milliseconds(5));  // so that it comes in two parts
    say(socket, "two");
  });
  const auto answer = ask_tcp(service.endpoint, "question", kPatient);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, "one two");
  service.join();
  EXPECT_EQ(service.request, "question");
}

TEST(AskTcp, AnEmptyAnswerIsAnAnswer) {
  OneService service([](int) {});
  const auto answer = ask_tcp(service.endpoint, "question", kPatient);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, "");
}

TEST(AskTcp, NobodyListens) {
  Endpoint gone;
  {
    OneService service([](int) {});
    gone = service.endpoint;
    ASSERT_TRUE(ask_tcp(gone, "question", kPatient));
  }
  const auto answer = ask_tcp(gone, "question", kPatient);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, gone.text() + ": Connection refused");
}

TEST(AskTcp, EndsWhenNothingIsSaid) {
  OneService service(&wait_for_end);
  const auto answer = ask_tcp(service.endpoint, "question", {milliseconds(50), 1000});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, service.endpoint.text() + ": no answer came in time");
}

TEST(AskTcp, TheTimeIsForAllOfTheAnswer) {
  OneService service([](int socket) {
    const auto stop = steady_clock::now() + std::chrono::seconds(20);
    // Never silent for long, and never at its end.
    while (::send(socket, "x", 1, MSG_NOSIGNAL) == 1 && steady_clock::now() < stop)
      std::this_thread::sleep_for(milliseconds(10));
  });
  const auto start = steady_clock::now();
  const auto answer = ask_tcp(service.endpoint, "question", {milliseconds(100), 1'000'000});
  EXPECT_FALSE(answer);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(AskTcp, ALongAnswerIsRefused) {
  OneService service([](int socket) {
    say(socket, std::string(5000, 'x'));
    wait_for_end(socket);
  });
  const auto answer = ask_tcp(service.endpoint, "question", kPatient);
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("longer"), std::string::npos);
}

TEST(AskTcp, AResetIsNoAnswer) {
  OneService service([](int socket) {
    say(socket, "half");
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  });
  EXPECT_FALSE(ask_tcp(service.endpoint, "question", kPatient));
}

TEST(AskTcp, TakesAddressesOnly) {
  EXPECT_FALSE(ask_tcp({"localhost", 9270}, "question", kPatient));
  EXPECT_FALSE(ask_tcp({"", 9270}, "question", kPatient));
}

}  // namespace
}  // namespace portcullis::net
