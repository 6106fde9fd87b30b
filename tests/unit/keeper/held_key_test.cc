// The gate's side, with a real process on the other: a copy of this one.

#include "proxy/keeper/held_key.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "certs/own/der.h"
#include "certs/own/local_ca.h"
#include "certs/own/x509_builder.h"
#include "proxy/base/clock.h"
#include "proxy/keeper/key_holder.h"
#include "proxy/keeper/key_holders.h"
#include "tests/support/test_pki.h"

namespace portcullis::keeper {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Clock = std::chrono::steady_clock;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

// Starts processes that run `live`, and remembers the last one.
struct Forker {
  using Live = void (*)(const net::Descriptor&);

  HolderProcess::Start start() {
    return [this]() -> Result<HolderProcess::Started> {
      ++started;
      if (fails) return fail("no more processes");
      std::array<int, 2> ends{};
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
      last = ::fork();
      if (last == 0) {
        ::close(ends[0]);
        live(net::Descriptor(ends[1]));
        _exit(0);
      }
      ::close(ends[1]);
      HolderProcess::Started made;
      made.socket = net::Descriptor(ends[0]);
      made.process = last;
      return made;
    };
  }
  void kill_last() const {
    ::kill(last, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(last), &info, WEXITED | WNOWAIT), 0);
  }

  Live live = &hold_key;
  pid_t last = -1;
  int started = 0;
  bool fails = false;
};

class HeldKeyTest : public ::testing::Test {
 protected:
  HeldKeyTest() { EXPECT_TRUE(certs::LocalCa::create(directory_, wall_clock_now())); }

  Result<std::shared_ptr<HeldKey>> hold() {
    return HeldKey::start(forker_.start(), {directory_, {domain("legacy.example")}}, {100ms, 5s});
  }
  Result<certs::X509Ptr> issue(HeldKey& key, std::string_view name) {
    return key.issue(domain(name), leaf_key_.get(), wall_clock_now());
  }

  Forker forker_;
  test::TempDir files_;
  const std::string directory_ = files_.path() + "/ca";
  const certs::EvpPkeyPtr leaf_key_ = certs::generate_p256_key().value();
};

TEST_F(HeldKeyTest, AsksTheProcess) {
  const auto key = hold();
  ASSERT_TRUE(key) << key.error().message;
  for (const char* name : {"a.example", "b.example"}) {
    const auto leaf = issue(**key, name);
    ASSERT_TRUE(leaf) << leaf.error().message;
    EXPECT_EQ(X509_check_host(leaf->get(), name, 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_private_key(leaf->get(), leaf_key_.get()), 1);
  }
  const auto served = issue(**key, "legacy.example");
  ASSERT_FALSE(served);
  EXPECT_NE(served.error().message.find("served here"), std::string::npos);
  EXPECT_TRUE((*key)->is_running()) << "a refusal is not the end";
}

TEST_F(HeldKeyTest, SaysWhyTheCaCannotBeLoaded) {
  std::filesystem::permissions(directory_ + "/ca.key", std::filesystem::perms(0644));
  const auto key = hold();
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message.find("ca.key"), std::string::npos) << key.error().message;
}

TEST_F(HeldKeyTest, FailsAtOnceWithoutAProcessAndWorksAfterARestart) {
  const auto key = hold();
  ASSERT_TRUE(key);
  forker_.kill_last();
  EXPECT_FALSE(issue(**key, "a.example"));
  EXPECT_FALSE((*key)->is_running());
  const auto again = issue(**key, "a.example");
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("started again"), std::string::npos);
  ASSERT_TRUE((*key)->restart());
  EXPECT_TRUE((*key)->is_running());
  EXPECT_TRUE(issue(**key, "a.example"));
}

TEST_F(HeldKeyTest, ARestartTakesNoOtherCa) {
  const auto key = hold();
  ASSERT_TRUE(key);
  forker_.kill_last();
  EXPECT_FALSE((*key)->is_running());
  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(certs::LocalCa::create(directory_, wall_clock_now()));
  const auto restarted = (*key)->restart();
  ASSERT_FALSE(restarted);
  EXPECT_NE(restarted.error().message.find("another CA"), std::string::npos);
  EXPECT_FALSE((*key)->is_running());
}

// It answers the loading, and nothing after that.
void fall_silent(const net::Descriptor& socket) {
  KeyHolder holder;
  std::array<char, kMaxRequest + 1> buffer;
  while (true) {
    const auto size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    const auto request = decode_request({buffer.data(), static_cast<std::size_t>(size)});
    if (!request || std::holds_alternative<Mint>(*request)) continue;
    const auto outcome = holder.handle(*request, {wall_clock_now(), monotonic_now()});
    if (!outcome.answer) continue;
    const auto message = encode(*outcome.answer).value();
    EXPECT_EQ(::send(socket.get(), message.data(), message.size(), 0),
              static_cast<ssize_t>(message.size()));
  }
}

TEST_F(HeldKeyTest, GivesUpAProcessThatDoesNotAnswerInTime) {
  forker_.live = &fall_silent;
  const auto key = hold();
  ASSERT_TRUE(key) << key.error().message;
  const auto started = Clock::now();
  EXPECT_FALSE(issue(**key, "a.example"));
  EXPECT_GE(Clock::now() - started, 90ms);  // poll(2) counts whole milliseconds
  EXPECT_LT(Clock::now() - started, 2s);
  EXPECT_FALSE((*key)->is_running());
  EXPECT_EQ(::kill(forker_.last, 0), -1) << "it is gone, and not left behind";
}

// ---- The owner of all of them

TEST_F(HeldKeyTest, TheSameCaIsHeldByOneProcess) {
  KeyHolders holders(forker_.start());
  const auto first = holders.load(directory_, {domain("legacy.example")}, wall_clock_now());
  ASSERT_TRUE(first);
  const pid_t process = forker_.last;
  ASSERT_TRUE(holders.load(directory_, {domain("legacy.example")}, wall_clock_now()));
  EXPECT_NE(::kill(process, 0), -1);
  EXPECT_EQ(::kill(forker_.last, 0), -1) << "the second one was not needed";
  // Other domains are served: another process, as long as the first is in use.
  const auto other = holders.load(directory_, {domain("second.example")}, wall_clock_now());
  ASSERT_TRUE(other);
  EXPECT_NE(::kill(process, 0), -1);
  EXPECT_NE(::kill(forker_.last, 0), -1);
}

TEST_F(HeldKeyTest, RestartsAreRarerAndRarer) {
  KeyHolders holders(forker_.start());
  const auto ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(ca);
  const auto now = monotonic_now();
  EXPECT_TRUE(holders.look_after(now).empty());
  forker_.kill_last();
  forker_.fails = true;
  auto events = holders.look_after(now);
  ASSERT_EQ(events.size(), 2U);
  using What = KeyHolders::Event::What;
  EXPECT_EQ(events[0].what, What::kEnded);
  EXPECT_EQ(events[1].what, What::kCannotStart);
  EXPECT_EQ(events[1].detail, "no more processes");
  const int before = forker_.started;
  for (auto at = now; at < now + 100s; at += 500ms) holders.look_after(at);
  EXPECT_EQ(forker_.started - before, 6) << "after 1, 3, 7, 15, 31 and 63 seconds";
  forker_.fails = false;
  events = holders.look_after(now + 200s);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].what, What::kRuns);
  EXPECT_TRUE(holders.look_after(now + 201s).empty());
}

TEST_F(HeldKeyTest, TheProcessEndsWithItsGate) {
  {
    KeyHolders holders(forker_.start());
    ASSERT_TRUE(holders.load(directory_, {}, wall_clock_now()));
  }
  EXPECT_EQ(::kill(forker_.last, 0), -1);
}

}  // namespace
}  // namespace portcullis::keeper
