#include "proxy/relay/token_buckets.h"

#include <gtest/gtest.h>
#include <algorithm>

#include "proxy/relay/rate_limits.h"
#include "tests/unit/relay/limits_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using telemetry::Limit;

constexpr Rate kRate{2, 10};
constexpr std::chrono::milliseconds kNow{5'000'000};

PeerNetwork number(std::uint64_t n) {
  return {NetworkSize::kIpv4Address, n};
}

// How often one token is there.
int tokens(TokenBucket& bucket, TokenBucket::Time now) {
  int taken = 0;
  for (; bucket.has(kRate, 1, now); ++taken) bucket.take(kRate, 1, now);
  return taken;
}

TEST(TokenBucket, GivesABurstAndThenTheRate) {
  TokenBucket bucket;
  EXPECT_EQ(tokens(bucket, kNow), 10);
  EXPECT_EQ(tokens(bucket, kNow + 499ms), 0);
  EXPECT_EQ(tokens(bucket, kNow + 500ms), 1);
  EXPECT_EQ(tokens(bucket, kNow + 2s), 3);
  EXPECT_EQ(tokens(bucket, kNow + 1h), 10) << "it never holds more than the burst";
}

TEST(TokenBucket, HasNoDebts) {
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i) bucket.take(kRate, 1000, kNow);
  EXPECT_EQ(tokens(bucket, kNow), 0);
  EXPECT_EQ(tokens(bucket, kNow + 5s), 10);
}

TEST(TokenBucket, MayOweOneBurst) {
  TokenBucket bucket;
  for (int i = 0; i < 15; ++i) bucket.owe(kRate, 1, kNow);
  EXPECT_EQ(tokens(bucket, kNow + 2500ms), 0);
  EXPECT_EQ(tokens(bucket, kNow + 3s), 1);
  for (int i = 0; i < 1000; ++i) bucket.owe(kRate, 1000, kNow + 3s);
  EXPECT_EQ(tokens(bucket, kNow + 8s), 0);
  EXPECT_EQ(tokens(bucket, kNow + 13s), 10);
}

TEST(TokenBucket, TimeThatRunsBackGivesNothing) {
  TokenBucket bucket;
  EXPECT_EQ(tokens(bucket, kNow), 10);
  EXPECT_EQ(tokens(bucket, kNow - 1h), 0);
}

TEST(TokenBuckets, EachNetworkHasItsOwn) {
  TokenBuckets buckets(1024, 7);
  buckets.take(number(1), kRate, 10, kNow);
  EXPECT_FALSE(buckets.has(number(1), kRate, 1, kNow));
  EXPECT_TRUE(buckets.has(number(2), kRate, 10, kNow));
  EXPECT_TRUE(buckets.has({NetworkSize::kIpv6Slash64, 1}, kRate, 10, kNow));
}

TEST(TokenBuckets, AFloodOfAddressesNeitherFreesTheAttackerNorRefusesOthers) {
  TokenBuckets buckets(64, 7);
  buckets.take(number(1), kRate, 10, kNow);
  // Far more addresses than there are entries, each with one connection.
  for (std::uint64_t n = 1000; n < 100'000; ++n) {
    ASSERT_TRUE(buckets.has(number(n), kRate, 10, kNow)) << "a newcomer has a full bucket";
    buckets.take(number(n), kRate, 1, kNow);
  }
  EXPECT_FALSE(buckets.has(number(1), kRate, 1, kNow)) << "an empty bucket stays";
  EXPECT_TRUE(buckets.has(number(1), kRate, 1, kNow + 1s));
}

TEST(TokenBuckets, FullBucketsMakeRoom) {
  TokenBuckets buckets(8, 7);
  for (std::uint64_t n = 0; n < 8; ++n) buckets.take(number(n), kRate, 5, kNow);
  const auto later = kNow + 1min;
  for (std::uint64_t n = 10; n < 18; ++n) buckets.take(number(n), kRate, 10, later);
  for (std::uint64_t n = 10; n < 18; ++n)
    EXPECT_FALSE(buckets.has(number(n), kRate, 1, later)) << "all eight have a place";
}

// ---- RateLimits

class RateLimitsTest : public testing::Test {
 protected:
  // How many of `tried` connections are taken, and the last limit that refused one.
  int take(const std::string& host, int tried, std::chrono::milliseconds now = kNow,
           StreamKind kind = StreamKind::kS2sInbound) {
    int taken = 0;
    for (int i = 0; i < tried; ++i) {
      const auto refused = limits_.take(kind, PeerNetworks(peer_at(host)), now);
      if (refused)
        refused_by_ = refused;
      else
        ++taken;
    }
    return taken;
  }

  std::optional<Limit> refused_by_;
  RateLimits limits_{RateLimits::Settings::of(policy::Limits()), 7};
};

TEST_F(RateLimitsTest, ARestartOfABigPeerPassesAndAFloodDoesNot) {
  EXPECT_EQ(take("192.0.2.1", 100), 100) << "all its streams at once";
  EXPECT_EQ(take("192.0.2.1", 2200), 0);
  EXPECT_EQ(refused_by_, Limit::kRatePerAddress);
  EXPECT_EQ(take("192.0.2.1", 2200, kNow + 1s), 5);
  EXPECT_EQ(take("192.0.2.2", 1), 1);
}

TEST_F(RateLimitsTest, ManySlash64OfOneSlash56AreOne) {
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += take("2001:db8:1:1" + two_digits(i) + "::1", 10);
  EXPECT_EQ(taken, 200);
  EXPECT_EQ(refused_by_, Limit::kRatePerIpv6Slash56);
}

TEST_F(RateLimitsTest, ManySlash56OfOneSlash48AreOne) {
  int taken = 0;
  for (const auto* part : {"10", "11", "12", "13", "14"})
    taken += take(std::string("2001:db8:1:") + part + "00::1", 100);
  EXPECT_EQ(taken, 400);
  EXPECT_EQ(refused_by_, Limit::kRatePerIpv6Slash48);
  EXPECT_EQ(take("2001:db8:2::1", 1), 1);
}

TEST_F(RateLimitsTest, TheTotalOfServersIsNotThatOfClients) {
  int taken = 0;
  for (int i = 0; i < 250; ++i) taken += take("192.0.2." + std::to_string(i), 20);
  EXPECT_EQ(taken, 2500);
  EXPECT_EQ(refused_by_, Limit::kRateTotal);
  EXPECT_EQ(take("198.51.100.1", 1), 0);
  EXPECT_EQ(take("198.51.100.1", 1, kNow, StreamKind::kC2s), 1);
}

TEST_F(RateLimitsTest, WhoIsRefusedTakesNothingFromTheTotal) {
  EXPECT_EQ(take("192.0.2.1", 10'000), 100);
  int taken = 0;
  for (int i = 1; i < 10; ++i) taken += take("198.51.100." + std::to_string(i), 100);
  EXPECT_EQ(taken, 900);
}

TEST_F(RateLimitsTest, WorkIsChargedToAllNetworksOfAPeer) {
  limits_.charge(PeerNetworks(peer_at("2001:db8::1")), 1000, kNow);
  EXPECT_EQ(take("2001:db8::2", 1), 0);
  EXPECT_EQ(take("2001:db8:0:1::1", 1), 0);
  EXPECT_EQ(take("2001:db8:0:ff00::1", 1), 0);
  EXPECT_EQ(take("2001:db8:1::1", 1), 1);
  EXPECT_EQ(take("192.0.2.1", 1), 1);
}

TEST_F(RateLimitsTest, ExemptAddressesHaveATotalOfTheirOwn) {
  int taken = 0;
  while (!limits_.take_exempt(kNow)) ++taken;
  EXPECT_EQ(taken, 2500);
  EXPECT_EQ(take("192.0.2.1", 1), 1);
}

TEST(PeerNetworks, AreWrittenAsOperatorsWriteThem) {
  std::string text;
  for (const auto& network : PeerNetworks(peer_at("2001:db8:1:2345:6::1")))
    text += network.text() + " ";
  EXPECT_EQ(text, "2001:db8:1:2345::/64 2001:db8:1:2300::/56 2001:db8:1::/48 ");
  text.clear();
  for (const auto& network : PeerNetworks(peer_at("::ffff:192.0.2.7"))) text += network.text();
  EXPECT_EQ(text, "192.0.2.7");
}

TEST(PeerNetworks, FollowFromTheSmallest) {
  for (const auto* host : {"2001:db8:1:2345:6::1", "::", "192.0.2.7", "::ffff:192.0.2.7"}) {
    const PeerNetworks whole(peer_at(host));
    const PeerNetworks again(whole.smallest());
    EXPECT_TRUE(std::equal(whole.begin(), whole.end(), again.begin(), again.end())) << host;
    EXPECT_TRUE(whole.smallest().is_smallest()) << host;
  }
}

}  // namespace
}  // namespace portcullis::relay
