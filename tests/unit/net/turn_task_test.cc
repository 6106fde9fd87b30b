// Unit tests of TurnTask, on a real loop.

#include "proxy/net/turn_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/net/harness.h"

namespace portcullis::net::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class TurnTaskTest : public testing::Test {
 protected:
  std::unique_ptr<TurnTask> task(std::string name) {
    return std::make_unique<TurnTask>(loop_,
                                      [this, name = std::move(name)] { ran_.push_back(name); });
  }
  // Runs `first` in a callback of the loop, and the loop until that turn is over and another one
  // has come behind it.
  void in_a_turn(std::function<void()> first) {
    bool later = false;
    Timer second(loop_, [&later] { later = true; });
    Timer begin(loop_, [&] {
      second.start(1ms);
      first();
    });
    begin.start(0ms);
    ASSERT_TRUE(run_until(loop_, [&later] { return later; }));
  }

  Loop loop_;
  std::vector<std::string> ran_;
};

TEST_F(TurnTaskTest, RunsOnceHoweverOftenItIsScheduled) {
  const auto a = task("a");
  in_a_turn([&] {
    for (int i = 0; i < 5; ++i) a->schedule();
  });
  EXPECT_THAT(ran_, ElementsAre("a"));
}

TEST_F(TurnTaskTest, DoesNotRunUnlessItIsScheduled) {
  const auto a = task("a");
  in_a_turn([] {});
  EXPECT_THAT(ran_, IsEmpty());
}

TEST_F(TurnTaskTest, RunsAgainWhenItIsScheduledInALaterTurn) {
  const auto a = task("a");
  in_a_turn([&] { a->schedule(); });
  in_a_turn([] {});
  EXPECT_THAT(ran_, ElementsAre("a"));
  in_a_turn([&] { a->schedule(); });
  EXPECT_THAT(ran_, ElementsAre("a", "a"));
}

TEST_F(TurnTaskTest, RunsBehindTheCallbackThatSchedulesIt) {
  const auto a = task("a");
  in_a_turn([&] {
    a->schedule();
    ran_.push_back("callback");
  });
  EXPECT_THAT(ran_, ElementsAre("callback", "a"));
}

// The time of a loop stands still within a turn, and moves when it waits.
TEST_F(TurnTaskTest, RunsBeforeTheLoopWaits) {
  std::optional<std::chrono::milliseconds> scheduled, ran;
  TurnTask a(loop_, [&] { ran = loop_.now(); });
  bool over = false;
  Timer waits(loop_, [&over] { over = true; });
  Timer begin(loop_, [&] {
    waits.start(50ms);
    scheduled = loop_.now();
    a.schedule();
  });
  begin.start(0ms);
  while (!over) uv_run(loop_.raw(), UV_RUN_ONCE);
  EXPECT_EQ(ran, scheduled);
}

TEST_F(TurnTaskTest, RunsInTheSameTurnWhenADeferredTaskSchedulesIt) {
  std::optional<std::chrono::milliseconds> scheduled, ran;
  TurnTask a(loop_, [&] { ran = loop_.now(); });
  bool over = false;
  Timer waits(loop_, [&over] { over = true; });
  Timer begin(loop_, [&] {
    waits.start(50ms);
    loop_.defer([&] {
      scheduled = loop_.now();
      a.schedule();
    });
  });
  begin.start(0ms);
  while (!over) uv_run(loop_.raw(), UV_RUN_ONCE);
  ASSERT_TRUE(scheduled);
  EXPECT_EQ(ran, scheduled);
}

TEST_F(TurnTaskTest, RunsBehindDeferredTasks) {
  const auto a = task("a");
  in_a_turn([&] {
    a->schedule();
    loop_.defer([&] { ran_.push_back("deferred"); });
  });
  EXPECT_THAT(ran_, ElementsAre("deferred", "a"));
}

TEST_F(TurnTaskTest, RunsInTheOrderOfScheduling) {
  const auto a = task("a");
  const auto b = task("b");
  const auto c = task("c");
  in_a_turn([&] {
    c->schedule();
    a->schedule();
    b->schedule();
    c->schedule();
  });
  EXPECT_THAT(ran_, ElementsAre("c", "a", "b"));
}

TEST_F(TurnTaskTest, DoesNotRunOnceItIsDestroyed) {
  auto a = task("a");
  const auto b = task("b");
  in_a_turn([&] {
    a->schedule();
    b->schedule();
    a.reset();
  });
  EXPECT_THAT(ran_, ElementsAre("b"));
}

TEST_F(TurnTaskTest, MayBeDestroyedInsideTheRunOfAnotherBeforeItsOwn) {
  auto b = task("b");
  const auto c = task("c");
  TurnTask a(loop_, [&] {
    ran_.push_back("a");
    b.reset();
  });
  in_a_turn([&] {
    a.schedule();
    b->schedule();
    c->schedule();
  });
  EXPECT_THAT(ran_, ElementsAre("a", "c"));
}

TEST_F(TurnTaskTest, MayBeDestroyedInsideTheRunOfAnotherBehindItsOwn) {
  auto a = task("a");
  TurnTask b(loop_, [&] {
    ran_.push_back("b");
    a.reset();
  });
  in_a_turn([&] {
    a->schedule();
    b.schedule();
  });
  EXPECT_THAT(ran_, ElementsAre("a", "b"));
}

// What one end flushes may cause the other one to write: that must not wait for an event.
TEST_F(TurnTaskTest, RunsBeforeTheLoopWaitsAlsoWhenAnotherOnesRunSchedulesIt) {
  std::optional<std::chrono::milliseconds> scheduled, ran;
  TurnTask b(loop_, [&] { ran = loop_.now(); });
  TurnTask a(loop_, [&] {
    scheduled = loop_.now();
    b.schedule();
  });
  bool over = false;
  Timer waits(loop_, [&over] { over = true; });
  Timer begin(loop_, [&] {
    waits.start(50ms);
    a.schedule();
  });
  begin.start(0ms);
  while (!over) uv_run(loop_.raw(), UV_RUN_ONCE);
  ASSERT_TRUE(scheduled);
  EXPECT_EQ(ran, scheduled);
}

TEST_F(TurnTaskTest, MayScheduleItselfOnceMore) {
  int left = 3;
  int runs = 0;
  std::unique_ptr<TurnTask> a;
  a = std::make_unique<TurnTask>(loop_, [&] {
    ++runs;
    if (--left > 0) a->schedule();
  });
  in_a_turn([&] { a->schedule(); });
  EXPECT_EQ(runs, 3);
}

TEST_F(TurnTaskTest, ALoopThatIsDestroyedDoesNotRunWhatIsScheduled) {
  int runs = 0;
  {
    Loop loop;
    TurnTask a(loop, [&runs] { ++runs; });
    a.schedule();
  }
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace portcullis::net::test
