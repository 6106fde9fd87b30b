#include "proxy/net/loop.h"

#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <thread>

#include "proxy/net/signals.h"
#include "proxy/net/timer.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using std::chrono::milliseconds;
using test::run_until;

TEST(Loop, PostedTaskRunsOnTheLoopsThread) {
  Loop loop;
  std::thread::id ran_on;
  std::thread other([&] {
    loop.post([&] {
      ran_on = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Loop, StopBeforeRunIsKept) {
  Loop loop;
  loop.stop();
  loop.run();
  SUCCEED() << "run() returned";
}

TEST(Loop, CanRunAgainAfterStop) {
  Loop loop;
  int turns = 0;
  for (int i = 0; i < 2; ++i) {
    loop.post([&] {
      ++turns;
      loop.stop();
    });
    loop.run();
  }
  EXPECT_EQ(turns, 2);
}

TEST(Loop, EveryPostFromManyThreadsRunsOnce) {
  Loop loop;
  int ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) loop.post([&ran] { ++ran; });
    });
  EXPECT_TRUE(run_until(loop, [&] { return ran == 4000; }));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ran, 4000);
}

TEST(Loop, DeferredTaskRunsAfterTheCallbackReturned) {
  Loop loop;
  bool inside = false;
  bool ran_inside = false;
  bool ran = false;
  loop.post([&] {
    inside = true;
    loop.defer([&] {
      ran = true;
      ran_inside = inside;
    });
    inside = false;
  });
  EXPECT_TRUE(run_until(loop, [&] { return ran; }));
  EXPECT_FALSE(ran_inside);
}

TEST(Loop, TasksThatDeferForeverDoNotStarveTimers) {
  Loop loop;
  bool expired = false;
  Timer timer(loop, [&] { expired = true; });
  std::function<void()> again = [&] { loop.defer(again); };
  loop.defer(again);
  timer.start(milliseconds(20));
  EXPECT_TRUE(run_until(loop, [&] { return expired; }));
}

TEST(Loop, DestroyingTheLoopDropsTasksAndWhatTheyOwn) {
  auto owned = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owned;
  {
    Loop loop;
    loop.post([owned] { FAIL() << "must not run"; });
    loop.defer([owned] { FAIL() << "must not run"; });
    owned.reset();
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Loop, OwnersMayOutliveTheLoop) {
  test::Recorder handler;
  std::optional<Timer> timer;
  std::unique_ptr<Listener> listener;
  {
    Loop loop;
    timer.emplace(loop, [] { FAIL() << "must not expire"; });
    timer->start(milliseconds(0));
    handler.socket = std::make_unique<TcpSocket>(loop, handler);
    listener =
        std::move(*Listener::listen(loop, test::loopback(), [](const auto&, const auto&) {}));
  }
  timer.reset();
  listener.reset();
  handler.socket->read_start();
  handler.socket.reset();
  EXPECT_EQ(handler.errors, 0);
}

TEST(Timer, ExpiresOnceAndNotEarly) {
  Loop loop;
  int expiries = 0;
  bool other = false;
  Timer timer(loop, [&] { ++expiries; });
  Timer later(loop, [&] { other = true; });
  const auto start = std::chrono::steady_clock::now();
  uv_update_time(loop.raw());
  timer.start(milliseconds(20));
  EXPECT_TRUE(run_until(loop, [&] { return expiries > 0; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(19));
  later.start(milliseconds(50));
  EXPECT_TRUE(run_until(loop, [&] { return other; }));
  EXPECT_EQ(expiries, 1);
}

TEST(Timer, RestartReplacesAndStopCancels) {
  Loop loop;
  bool late = false;
  bool stopped = false;
  bool done = false;
  Timer restarted(loop, [&] { late = done; });
  Timer cancelled(loop, [&] { stopped = true; });
  Timer guard(loop, [&] { done = true; });
  restarted.start(milliseconds(1));
  cancelled.start(milliseconds(1));
  guard.start(milliseconds(20));
  restarted.start(milliseconds(40));
  cancelled.stop();
  EXPECT_TRUE(run_until(loop, [&] { return late; }));
  EXPECT_FALSE(stopped);
}

TEST(Timer, NegativeDelayIsDueAtOnce) {
  Loop loop;
  bool expired = false;
  Timer timer(loop, [&] { expired = true; });
  timer.start(milliseconds(-5));
  EXPECT_TRUE(run_until(loop, [&] { return expired; }));
}

TEST(Timer, MayBeDestroyedInItsOwnCallback) {
  Loop loop;
  std::unique_ptr<Timer> timer;
  const std::string captured(100, 'x');  // must stay readable after the destruction
  std::string seen;
  timer = std::make_unique<Timer>(loop, [&timer, &seen, captured] {
    timer.reset();
    seen = captured;
  });
  timer->start(milliseconds(0));
  EXPECT_TRUE(run_until(loop, [&] { return !seen.empty(); }));
  EXPECT_EQ(seen, captured);
}

TEST(Timer, DestroyedTimerNeverExpires) {
  Loop loop;
  bool expired = false;
  bool guard_expired = false;
  auto timer = std::make_unique<Timer>(loop, [&] { expired = true; });
  timer->start(milliseconds(1));
  timer.reset();
  Timer guard(loop, [&] { guard_expired = true; });
  guard.start(milliseconds(20));
  EXPECT_TRUE(run_until(loop, [&] { return guard_expired; }));
  EXPECT_FALSE(expired);
}

TEST(SignalWatch, ReportsEachArrivalUntilDestroyed) {
  Loop loop;
  int arrived = 0;
  auto watch = std::make_unique<SignalWatch>(loop, SIGUSR1, [&] { ++arrived; });
  raise(SIGUSR1);
  EXPECT_TRUE(run_until(loop, [&] { return arrived == 1; }));
  raise(SIGUSR1);
  EXPECT_TRUE(run_until(loop, [&] { return arrived == 2; }));
}

TEST(SignalWatch, MayBeDestroyedInItsOwnCallback) {
  Loop loop;
  bool arrived = false;
  std::unique_ptr<SignalWatch> watch;
  watch = std::make_unique<SignalWatch>(loop, SIGUSR2, [&] {
    arrived = true;
    watch.reset();
  });
  raise(SIGUSR2);
  EXPECT_TRUE(run_until(loop, [&] { return arrived; }));
}

TEST(SignalWatch, IgnoredSigpipeDoesNotKill) {
  std::signal(SIGPIPE, SIG_DFL);
  ignore_sigpipe();
  EXPECT_EQ(raise(SIGPIPE), 0);
}

}  // namespace
}  // namespace portcullis::net
