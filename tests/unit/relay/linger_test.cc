// Unit tests of Linger, the wait for the other side of a connection that we have closed.

#include "proxy/relay/linger.h"

#include <gtest/gtest.h>

#include "tests/support/memory_scheduler.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;

class LingerTest : public testing::Test {
 protected:
  void close(std::chrono::milliseconds stall, std::chrono::milliseconds linger) {
    linger_ = std::make_unique<Linger>(
        scheduler_, Patience{stall, linger, {}},
        Linger::Owner{[this] { return delivery_; }, [this] { return peer_closed_; },
                      [this] {
                        ++over_;
                        linger_.reset();
                      }});
  }

  test::MemoryScheduler scheduler_;
  Delivery delivery_{1000, 0};
  bool peer_closed_ = false;
  int over_ = 0;
  std::unique_ptr<Linger> linger_;
};

TEST_F(LingerTest, EndsWhenNothingIsTaken) {
  close(20s, 10min);
  scheduler_.advance(19s);
  EXPECT_EQ(over_, 0);
  scheduler_.advance(6s);  // it looks every 2 s at least
  EXPECT_EQ(over_, 1);
  EXPECT_EQ(scheduler_.running_timers(), 0U);
}

TEST_F(LingerTest, GoesOnAsLongAsSomethingIsTaken) {
  close(20s, 1h);
  for (int i = 0; i < 100; ++i) {
    scheduler_.advance(14s);
    ++delivery_.acknowledged;
  }
  EXPECT_EQ(over_, 0);
  scheduler_.advance(25s);
  EXPECT_EQ(over_, 1);
}

TEST_F(LingerTest, EndsWhenTheWholeTimeIsOver) {
  close(20s, 60s);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(over_, 0);
    ++delivery_.acknowledged;
    scheduler_.advance(1s);
  }
  EXPECT_EQ(over_, 1);
}

TEST_F(LingerTest, WaitsSomeSecondsForTheOtherSideToCloseWhenAllIsTaken) {
  close(20s, 10min);
  scheduler_.advance(14s);
  delivery_.acknowledged = delivery_.sent;
  scheduler_.advance(1900ms);
  EXPECT_EQ(over_, 0);
  scheduler_.advance(2200ms);
  EXPECT_EQ(over_, 1);
}

TEST_F(LingerTest, EndsInTimeThoughAllWasTakenJustBefore) {
  close(20s, 16s);
  scheduler_.advance(15s);
  delivery_.acknowledged = delivery_.sent;
  scheduler_.advance(1s);
  EXPECT_EQ(over_, 1);
}

TEST_F(LingerTest, EndsSoonAfterTheOtherSideHasTakenAllAndClosed) {
  close(20s, 10min);
  peer_closed_ = true;
  scheduler_.advance(10s);
  EXPECT_EQ(over_, 0);
  delivery_.acknowledged = delivery_.sent;
  scheduler_.advance(5s);
  EXPECT_EQ(over_, 1);
}

TEST_F(LingerTest, EndsAtOnceWhenTheConnectionIsOver) {
  close(20s, 10min);
  delivery_.over = true;
  scheduler_.advance(100ms);
  EXPECT_EQ(over_, 1);
}

TEST_F(LingerTest, HasLittlePatienceWithStrangers) {
  const Patience stranger;
  close(stranger.stall, stranger.linger);
  scheduler_.advance(2s);
  EXPECT_EQ(over_, 1);
}

TEST_F(LingerTest, StopsWhenItIsDestroyed) {
  close(2s, 2s);
  linger_.reset();
  scheduler_.advance(1h);
  EXPECT_EQ(over_, 0);
}

}  // namespace
}  // namespace portcullis::relay
