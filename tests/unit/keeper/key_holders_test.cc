// The owner of all the processes that hold a key.

#include "proxy/keeper/key_holders.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <utility>
#include <vector>

#include "tests/unit/keeper/held_key_world.h"

namespace portcullis::keeper {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST_F(HeldKeyTest, TellsWhatTheProcessCouldNotGiveUp) {
  KeyHolders holders(forker_.start());
  EXPECT_EQ(holders.unconfined(), std::nullopt);
  const auto confined = holders.load(directory_, {domain("legacy.example")}, wall_clock_now());
  ASSERT_TRUE(confined);
  EXPECT_EQ(holders.unconfined(), "");
  forker_.live = [](const net::Descriptor& socket) {
    hold_key(socket, [] { return std::string("this kernel has no Landlock"); });
  };
  const auto other = holders.load(directory_, {domain("other.example")}, wall_clock_now());
  ASSERT_TRUE(other);
  EXPECT_EQ(holders.unconfined(), "this kernel has no Landlock");
}

TEST_F(HeldKeyTest, TheSameCaIsHeldByOneProcess) {
  KeyHolders holders(forker_.start());
  const auto first = holders.load(directory_, {domain("legacy.example")}, wall_clock_now());
  ASSERT_TRUE(first);
  const pid_t process = forker_.last;
  ASSERT_TRUE(holders.load(directory_, {domain("legacy.example")}, wall_clock_now()));
  EXPECT_NE(::kill(process, 0), -1);
  EXPECT_TRUE(is_gone(forker_.last, [&] { holders.look_after(monotonic_now()); }))
      << "the second one was not needed";
  // Other domains are served: another process, as long as the first is in use.
  const auto other = holders.load(directory_, {domain("second.example")}, wall_clock_now());
  ASSERT_TRUE(other);
  EXPECT_NE(::kill(process, 0), -1);
  EXPECT_NE(::kill(forker_.last, 0), -1);
}

// Else every domain would need a new leaf after a reload, and the limits of mints would refuse
// some.
TEST_F(HeldKeyTest, AReloadKeepsTheLeavesOfTheSameCertificate) {
  KeyHolders holders(forker_.start());
  const auto now = wall_clock_now();
  const auto peer = domain("peer.example");
  const auto kept = [&](certs::LocalCa& ca) {
    return ca.kept(peer, now, certs::LeafPurpose::kInbound);
  };
  auto first = holders.load(directory_, {domain("legacy.example")}, now);
  ASSERT_TRUE(first);
  const auto leaf = first->mint(peer, now).value();
  auto same = holders.load(directory_, {domain("legacy.example")}, now);
  ASSERT_TRUE(same);
  EXPECT_EQ(kept(*same), leaf);
  auto with_another_host = holders.load(directory_, {domain("second.example")}, now);
  ASSERT_TRUE(with_another_host);
  EXPECT_EQ(kept(*with_another_host), leaf);

  auto serving_it = holders.load(directory_, {peer}, now);
  ASSERT_TRUE(serving_it);
  EXPECT_EQ(kept(*serving_it), nullptr) << "it is served now";
  EXPECT_FALSE(serving_it->mint(peer, now));

  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(certs::LocalCa::create(directory_, wall_clock_now()));
  auto new_ca = holders.load(directory_, {domain("legacy.example")}, now);
  ASSERT_TRUE(new_ca);
  EXPECT_EQ(kept(*new_ca), nullptr) << "the backend would not believe it";
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

// Streams of before hold their CA for days; its process is of no use to those that come now.
TEST_F(HeldKeyTest, OnlyTheNewestIsStartedAgain) {
  KeyHolders holders(forker_.start());
  const auto old_ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(old_ca);
  const pid_t old_process = forker_.last;
  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(certs::LocalCa::create(directory_, wall_clock_now()));
  const auto ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(ca);
  const int before = forker_.started;
  ::kill(old_process, SIGKILL);
  const auto now = monotonic_now();
  std::vector<KeyHolders::Event> events;
  const auto look = [&](std::chrono::microseconds at) {
    for (auto& event : holders.look_after(at)) events.push_back(std::move(event));
  };
  EXPECT_TRUE(is_gone(old_process, [&] { look(now); }));
  for (auto at = now; at < now + 100s; at += 500ms) look(at);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(forker_.started, before);
  EXPECT_TRUE(holders.runs());

  forker_.kill_last();
  forker_.fails = true;
  look(now + 200s);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(forker_.started, before + 1) << "one try";
  EXPECT_FALSE(holders.runs());
  forker_.fails = false;
  look(now + 300s);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[2].what, KeyHolders::Event::What::kRuns);
  EXPECT_TRUE(holders.runs());
}

// A reload that fails for another reason drops the CA that it had loaded.
TEST_F(HeldKeyTest, TheOneBeforeIsTheNewestAgainWhenAReloadFails) {
  KeyHolders holders(forker_.start());
  const auto ca = holders.load(directory_, {}, wall_clock_now());
  ASSERT_TRUE(ca);
  const pid_t process = forker_.last;
  ASSERT_TRUE(holders.load(directory_, {domain("second.example")}, wall_clock_now()));
  const int before = forker_.started;
  const auto now = monotonic_now();
  EXPECT_TRUE(holders.look_after(now).empty());
  ::kill(process, SIGKILL);
  std::vector<KeyHolders::Event> events;
  EXPECT_TRUE(is_gone(process, [&] {
    for (auto& event : holders.look_after(now)) events.push_back(std::move(event));
  }));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].what, KeyHolders::Event::What::kRuns);
  EXPECT_EQ(forker_.started, before + 1);
}

TEST_F(HeldKeyTest, TheProcessEndsWithItsGate) {
  {
    KeyHolders holders(forker_.start());
    ASSERT_TRUE(holders.load(directory_, {}, wall_clock_now()));
  }
  EXPECT_TRUE(is_gone(forker_.last, [&] { ::waitpid(forker_.last, nullptr, WNOHANG); }));
}

}  // namespace
}  // namespace portcullis::keeper
