// Unit tests of DeliveryLedger, which knows what of a stream has not arrived.

#include "proxy/relay/delivery_ledger.h"

#include <gtest/gtest.h>

namespace portcullis::relay {
namespace {

TEST(DeliveryLedger, KnowsWhatHasNotArrived) {
  DeliveryLedger ledger;
  EXPECT_EQ(ledger.undelivered(), (Amount{0, 0}));
  ledger.passed(120, {1, 100});
  ledger.passed(240, {2, 100});
  EXPECT_EQ(ledger.undelivered(), (Amount{3, 200}));
  ledger.settle(120);
  EXPECT_EQ(ledger.undelivered(), (Amount{2, 100}));
  ledger.settle(240);
  EXPECT_EQ(ledger.undelivered(), (Amount{0, 0}));
}

TEST(DeliveryLedger, CountsWhatArrivedInPartAsNotArrived) {
  DeliveryLedger ledger;
  ledger.passed(120, {1, 100});
  ledger.settle(119);
  EXPECT_EQ(ledger.undelivered(), (Amount{1, 100}));
}

TEST(DeliveryLedger, IsNotMisledByAnOlderLook) {
  DeliveryLedger ledger;
  ledger.passed(120, {1, 100});
  ledger.passed(240, {1, 100});
  ledger.settle(200);
  ledger.settle(10);
  EXPECT_EQ(ledger.undelivered(), (Amount{1, 100}));
}

TEST(DeliveryLedger, JoinsPiecesAndLosesNone) {
  DeliveryLedger ledger;
  std::uint64_t sent = 0;
  for (int i = 0; i < 100'000; ++i) ledger.passed(sent += 12, {1, 10});
  EXPECT_EQ(ledger.undelivered(), (Amount{100'000, 1'000'000}));
  // Never too small, and not much too large.
  ledger.settle(sent - 12);
  EXPECT_EQ(ledger.undelivered(), (Amount{1, 10}));
  ledger.settle(sent);
  EXPECT_EQ(ledger.undelivered(), (Amount{0, 0}));
}

TEST(DeliveryLedger, NeverTellsTooLittleWhenPiecesAreJoined) {
  DeliveryLedger ledger;
  for (std::uint64_t i = 1; i <= 1'000; ++i) ledger.passed(i * 10, {1, 10});
  for (std::uint64_t i = 0; i <= 1'000; ++i) {
    ledger.settle(i * 10);
    EXPECT_GE(ledger.undelivered().stanzas, 1'000 - i);
  }
  EXPECT_EQ(ledger.undelivered(), (Amount{0, 0}));
}

}  // namespace
}  // namespace portcullis::relay
