#include "proxy/relay/stranger_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/support/memory_scheduler.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

class StrangerTurnsTest : public testing::Test {
 protected:
  // Each turn of a guest costs some time.
  struct Visitor : StrangerTurns::Guest {
    Visitor(StrangerTurnsTest& test, int number) : at(test), number_(number) {}
    void take_turn() override {
      at.time_ += at.cost_;
      at.served_.push_back(number_);
      if (again-- > 0) at.turns_.wait(*this);
    }
    StrangerTurnsTest& at;
    int again = 0;

   private:
    int number_;
  };
  void come(int count) {
    for (int i = 0; i < count; ++i) {
      visitors_.push_back(std::make_unique<Visitor>(*this, i));
      turns_.wait(*visitors_.back());
    }
  }

  std::chrono::microseconds time_{0};
  std::chrono::microseconds cost_{0};
  std::vector<int> served_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  test::MemoryScheduler scheduler_;
  StrangerTurns turns_{scheduler_, [this] { return time_; }};
};

TEST_F(StrangerTurnsTest, NobodyIsServedInsideWait) {
  come(1);
  EXPECT_THAT(served_, SizeIs(0));
  EXPECT_EQ(turns_.waiting(), 1U);
  scheduler_.settle(1);
  EXPECT_THAT(served_, SizeIs(1));
  EXPECT_EQ(turns_.waiting(), 0U);
}

TEST_F(StrangerTurnsTest, OneTurnOfTheLoopHasABoundedTimeForThem) {
  cost_ = 400us;
  come(7);
  scheduler_.settle(1);
  EXPECT_THAT(served_, ElementsAre(0, 1, 2)) << "the third one passes the bound";
  scheduler_.settle(1);
  EXPECT_THAT(served_, SizeIs(6));
  scheduler_.settle(1);
  EXPECT_THAT(served_, SizeIs(7));
}

TEST_F(StrangerTurnsTest, EachTurnServesAtLeastOne) {
  cost_ = 50ms;
  come(3);
  for (int i = 1; i <= 3; ++i) {
    scheduler_.settle(1);
    EXPECT_THAT(served_, SizeIs(i));
  }
}

TEST_F(StrangerTurnsTest, WhoComesAgainWaitsBehindTheOthers) {
  cost_ = 600us;
  come(3);
  visitors_[0]->again = 1;
  scheduler_.settle();
  EXPECT_THAT(served_, ElementsAre(0, 1, 2, 0));
}

TEST_F(StrangerTurnsTest, WhoLeavesIsNotServed) {
  come(3);
  turns_.leave(*visitors_[1]);
  visitors_[1].reset();
  scheduler_.settle();
  EXPECT_THAT(served_, ElementsAre(0, 2));
}

}  // namespace
}  // namespace portcullis::relay
