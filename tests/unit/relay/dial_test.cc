#include "proxy/relay/dial.h"

#include <gtest/gtest.h>

namespace portcullis::relay {
namespace {

using policy::Reason;
using std::chrono::milliseconds;

std::vector<net::Candidate> candidates(int count) {
  std::vector<net::Candidate> list;
  for (int i = 0; i < count; ++i)
    list.push_back(
        {*net::SocketAddress::from(Endpoint{"192.0.2.1", static_cast<std::uint16_t>(i + 1)}),
         TlsEntry::kStartTls});
  return list;
}

DialFailure failure(Reason reason, bool spoke_xmpp = true) {
  return {policy::refuse(reason), spoke_xmpp};
}

// 192.0.2.0/24 is called, save at the ports from `refused` on.
class Asking {
 public:
  explicit Asking(std::uint16_t refused = 65'535) : refused_(refused) {
    policy::Config config;
    config.outbound.allow_networks = {"192.0.2.0/24"};
    rules_.emplace(
        *DialRules::of(config, [](const net::SocketAddress&) { return net::Whose::kOthers; }));
  }
  std::optional<Dial::Attempt> next(Dial& dial, std::chrono::milliseconds now) {
    return dial.next(now, [this](const net::SocketAddress& address) -> DialTarget::Asked {
      if (address.port() < refused_) return DialTarget::peer(address, *rules_, {});
      told.push_back(address.port());
      return tl::unexpected(policy::refuse(Reason::kAddressRefused));
    });
  }
  void refuse_from(std::uint16_t port) { refused_ = port; }

  std::vector<int> told;

 private:
  std::uint16_t refused_;
  std::optional<DialRules> rules_;
};

TEST(Dial, TriesEveryCandidateInOrder) {
  Asking asking;
  Dial dial(candidates(3), milliseconds(900));
  for (int i = 1; i <= 3; ++i) {
    const auto attempt = asking.next(dial, milliseconds(0));
    ASSERT_TRUE(attempt);
    EXPECT_EQ(attempt->target.address().port(), i);
  }
  EXPECT_FALSE(asking.next(dial, milliseconds(0)));
}

TEST(Dial, SharesWhatIsLeftOfTheBudget) {
  Asking asking;
  Dial dial(candidates(3), milliseconds(10'000));
  ASSERT_TRUE(asking.next(dial, milliseconds(1'000)));
  EXPECT_EQ(dial.share(milliseconds(1'000)), milliseconds(3'000));
  // The first one answered at once: its time goes to the others.
  ASSERT_TRUE(asking.next(dial, milliseconds(1'000)));
  EXPECT_EQ(dial.share(milliseconds(1'000)), milliseconds(4'500));
  ASSERT_TRUE(asking.next(dial, milliseconds(5'500)));
  EXPECT_EQ(dial.share(milliseconds(5'500)), milliseconds(4'500));
}

TEST(Dial, ThoseThatWerePutBackComeFirstAndOnceMoreOnly) {
  Asking asking;
  Dial dial(candidates(3), milliseconds(900));
  const auto first = asking.next(dial, milliseconds(0));
  const auto second = asking.next(dial, milliseconds(0));
  dial.put_back({*first, *second});
  EXPECT_TRUE(dial.has_more());
  const auto again = asking.next(dial, milliseconds(0));
  EXPECT_EQ(again->target.address().port(), 1);
  EXPECT_EQ(asking.next(dial, milliseconds(0))->target.address().port(), 2);
  dial.put_back({*again});
  EXPECT_EQ(asking.next(dial, milliseconds(0))->target.address().port(), 3);
  EXPECT_FALSE(asking.next(dial, milliseconds(0)));
  EXPECT_FALSE(dial.has_more());
}

TEST(Dial, KeepsHowACandidateWasFound) {
  Asking asking;
  auto list = candidates(1);
  list[0].entry = TlsEntry::kDirectTls;
  list[0].found = net::FoundBy::kFallback;
  Dial dial(list, milliseconds(900));
  const auto first = asking.next(dial, milliseconds(0));
  dial.put_back({*first});
  const auto again = asking.next(dial, milliseconds(0));
  for (const auto& attempt : {first, again}) {
    EXPECT_EQ(attempt->entry, TlsEntry::kDirectTls);
    EXPECT_EQ(attempt->found, net::FoundBy::kFallback);
  }
}

TEST(Dial, StopsWhenTheBudgetIsUsedUp) {
  Asking asking;
  Dial dial(candidates(3), milliseconds(1'000));
  ASSERT_TRUE(asking.next(dial, milliseconds(0)));
  EXPECT_FALSE(asking.next(dial, milliseconds(950)));
}

TEST(Dial, WithoutCandidatesThereIsNoAttempt) {
  Asking asking;
  Dial dial({}, milliseconds(1'000));
  EXPECT_FALSE(asking.next(dial, milliseconds(0)));
  EXPECT_FALSE(dial.failure());
}

TEST(Dial, AFailureInWordsOutweighsAnUnreachableAddress) {
  Asking asking;
  Dial dial(candidates(3), milliseconds(1'000));
  dial.failed(failure(Reason::kExpired));
  dial.failed(failure(Reason::kPeerUnreachable));
  dial.failed(failure(Reason::kNegotiationTimeout));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kExpired);
  dial.failed(failure(Reason::kNameMismatch));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kNameMismatch);
}

TEST(Dial, AnEndThatSpokeXmppOutweighsOneThatDidNot) {
  Dial dial(candidates(2), milliseconds(1'000));
  dial.failed(failure(Reason::kPeerLeft, true));
  dial.failed(failure(Reason::kXmlInvalid, false));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kPeerLeft);
  EXPECT_TRUE(dial.failure()->spoke_xmpp);
}

// A user must not learn by what is told whether a port is open.
TEST(Dial, ALookUpThatFailedOutweighsAllButXmppAndOurOwnLimit) {
  Dial dial({}, milliseconds(1'000));
  dial.failed({policy::refuse(Reason::kDnsFailed), true, DialPhase::kLookUp});
  dial.failed(failure(Reason::kPeerUnreachable, false));
  dial.failed(failure(Reason::kXmlInvalid, false));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kDnsFailed);
  dial.failed(failure(Reason::kOutOfDescriptors, false));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kOutOfDescriptors);
  dial.failed(failure(Reason::kExpired));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kExpired);
}

TEST(Dial, WhatIsNotCalledTakesNoTimeAndIsToldOnce) {
  Asking asking(2);
  Dial dial(candidates(3), milliseconds(900));
  const auto attempt = asking.next(dial, milliseconds(0));
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->target.address().port(), 1);
  EXPECT_EQ(dial.share(milliseconds(0)), milliseconds(900));
  EXPECT_FALSE(asking.next(dial, milliseconds(0)));
  EXPECT_EQ(asking.told, (std::vector{2, 3}));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kAddressRefused);
  EXPECT_FALSE(dial.failure()->spoke_xmpp);
}

TEST(Dial, ACandidateIsAskedAboutAgainRightBeforeItIsCalled) {
  Asking asking;
  Dial dial(candidates(2), milliseconds(900));
  ASSERT_TRUE(asking.next(dial, milliseconds(0)));
  asking.refuse_from(2);
  EXPECT_FALSE(asking.next(dial, milliseconds(0)));
  EXPECT_EQ(asking.told, std::vector{2});
}

TEST(Dial, AFailureOutweighsWhatWasNotCalledBefore) {
  Asking asking(2);
  Dial dial(candidates(2), milliseconds(900));
  ASSERT_TRUE(asking.next(dial, milliseconds(0)));
  dial.failed(failure(Reason::kPeerUnreachable, false));
  EXPECT_EQ(dial.failure()->refusal.reason, Reason::kPeerUnreachable);
}

}  // namespace
}  // namespace portcullis::relay
