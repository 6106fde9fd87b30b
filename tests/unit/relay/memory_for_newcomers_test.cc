#include "proxy/relay/memory_for_newcomers.h"

#include <gtest/gtest.h>

#include <chrono>

#include "proxy/relay/held_share.h"

namespace portcullis::relay {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::chrono::milliseconds kNow{1'000};

TEST(MemoryForNewcomers, AreRefusedNearTheLimitAndThoseOfTheBackendLater) {
  HeldBytes all(2000 * kKiB, 1600 * kKiB);
  MemoryForNewcomers newcomers(all);
  HeldShare share(all);
  const auto take = [&](std::size_t kib) { share.set(kib * kKiB - HeldShare::kNegotiating); };
  take(1399);
  EXPECT_FALSE(newcomers.refuses(false, kNow));
  take(1401);
  EXPECT_TRUE(newcomers.refuses(false, kNow));
  EXPECT_FALSE(newcomers.refuses(true, kNow));
  take(1501);
  EXPECT_TRUE(newcomers.refuses(true, kNow));
  take(1450);
  EXPECT_TRUE(newcomers.refuses(true, kNow)) << "it must not flap";
  take(1390);
  EXPECT_FALSE(newcomers.refuses(true, kNow));
  EXPECT_TRUE(newcomers.refuses(false, kNow)) << "it must not flap";
  take(1190);
  EXPECT_FALSE(newcomers.refuses(false, kNow));
}

TEST(MemoryForNewcomers, AreRefusedForAWhileAfterTheSystemHadNoMemory) {
  HeldBytes all(100 * kKiB);
  MemoryForNewcomers newcomers(all);
  EXPECT_FALSE(newcomers.refuses(false, kNow));
  newcomers.ran_out(kNow);
  EXPECT_TRUE(newcomers.refuses(false, kNow + std::chrono::milliseconds(9'999)));
  EXPECT_FALSE(newcomers.refuses(true, kNow)) << "the backend is no stranger";
  EXPECT_FALSE(newcomers.refuses(false, kNow + std::chrono::seconds(10)));
}

}  // namespace
}  // namespace portcullis::relay
