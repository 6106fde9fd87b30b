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

policy::Refusal refusal(Reason reason) {
  return policy::refuse(reason);
}

TEST(Dial, TriesEveryCandidateInOrder) {
  Dial dial(candidates(3), milliseconds(900), milliseconds(0));
  for (int i = 1; i <= 3; ++i) {
    const auto attempt = dial.next(milliseconds(0));
    ASSERT_TRUE(attempt);
    EXPECT_EQ(attempt->candidate.address.port(), i);
  }
  EXPECT_FALSE(dial.next(milliseconds(0)));
}

TEST(Dial, SharesWhatIsLeftOfTheBudget) {
  Dial dial(candidates(3), milliseconds(9'000), milliseconds(1'000));
  EXPECT_EQ(dial.next(milliseconds(1'000))->time, milliseconds(3'000));
  // The first one answered at once: its time goes to the others.
  EXPECT_EQ(dial.next(milliseconds(1'000))->time, milliseconds(4'500));
  EXPECT_EQ(dial.next(milliseconds(5'500))->time, milliseconds(4'500));
}

TEST(Dial, StopsWhenTheBudgetIsUsedUp) {
  Dial dial(candidates(3), milliseconds(1'000), milliseconds(0));
  ASSERT_TRUE(dial.next(milliseconds(0)));
  EXPECT_FALSE(dial.next(milliseconds(950)));
}

TEST(Dial, WithoutCandidatesThereIsNoAttempt) {
  Dial dial({}, milliseconds(1'000), milliseconds(0));
  EXPECT_FALSE(dial.next(milliseconds(0)));
  EXPECT_FALSE(dial.failure());
}

TEST(Dial, AFailureInWordsOutweighsAnUnreachableAddress) {
  Dial dial(candidates(3), milliseconds(1'000), milliseconds(0));
  dial.failed(refusal(Reason::kExpired));
  dial.failed(refusal(Reason::kPeerUnreachable));
  dial.failed(refusal(Reason::kNegotiationTimeout));
  EXPECT_EQ(dial.failure()->reason, Reason::kExpired);
  dial.failed(refusal(Reason::kNameMismatch));
  EXPECT_EQ(dial.failure()->reason, Reason::kNameMismatch);
}

}  // namespace
}  // namespace portcullis::relay
