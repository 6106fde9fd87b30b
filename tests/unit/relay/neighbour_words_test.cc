// What the backend at the near end reads about another one of ours.

#include "proxy/relay/neighbour_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::relay {
namespace {

using policy::Reason;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

StreamPair pair() {
  return {DomainName::parse("a.example").value(), DomainName::parse("b.example").value()};
}

TEST(NeighbourWords, TellsTheUsersWhoseServerItIsAndNotWhere) {
  const auto told = of_neighbour(
      {{Reason::kBackendUnavailable, "Connecting to the backend at 192.0.2.1:5269 failed."}, {}},
      pair());
  EXPECT_THAT(told.refusal.text, AllOf(HasSubstr("Toward b.example: "), HasSubstr("192.0.2.1")));
  ASSERT_TRUE(told.told);
  EXPECT_EQ(told.told->reason, Reason::kBackendUnavailable);
  EXPECT_THAT(told.told->text, AllOf(HasSubstr("The XMPP server of b.example is not available"),
                                     Not(HasSubstr("192.0.2.1")), Not(HasSubstr("a.example"))));
}

TEST(NeighbourWords, ASentenceOfTheTableNamesTheOtherHost) {
  const auto told = of_neighbour({policy::refuse(Reason::kBackendUnavailable), {}}, pair());
  EXPECT_EQ(told.refusal.text, "The XMPP server of b.example is not available.");
}

TEST(NeighbourWords, WhatTheOtherServerSaysIsToldWithoutInnerAddresses) {
  session::FarFailed failed{{Reason::kRefusedByBackend, "The backend answered: at 10.1.2.3 no."},
                            "policy-violation"};
  EXPECT_EQ(of_neighbour(failed, pair()).told->text,
            "Toward b.example: The backend answered: at an inner address no.");
  failed.told = policy::Refusal{Reason::kRefusedByBackend, "at 10.1.2.3 no"};
  const auto told = of_neighbour(failed, pair());
  EXPECT_EQ(told.told->text, "Toward b.example: at an inner address no");
  EXPECT_THAT(told.refusal.text, HasSubstr("10.1.2.3")) << "that is for the log";
}

TEST(NeighbourWords, WhatASentenceOfTheTableQuotesHasNoInnerAddressesEither) {
  session::FarFailed failed{{Reason::kRefusedByBackend, "The backend answered."}, {}};
  failed.told = policy::refuse(Reason::kRefusedByBackend, {{"detail", "at 10.1.2.3 no"}});
  EXPECT_EQ(of_neighbour(failed, pair()).told->text,
            "The XMPP server of b.example refuses this stream: at an inner address no.");
}

TEST(NeighbourWords, WhatIsMeantForTheUsersIsKept) {
  session::FarFailed failed{policy::refuse(Reason::kRefusedByBackend), "conflict"};
  failed.told = policy::Refusal{Reason::kRefusedByBackend, "Replaced."};
  const auto told = of_neighbour(failed, pair());
  EXPECT_EQ(told.told->text, "Toward b.example: Replaced.");
  EXPECT_EQ(told.condition, "conflict");
}

TEST(NeighbourWords, WhatIsNoFaultOfOursIsReadAsItIs) {
  const auto told = of_neighbour(
      {policy::refuse(Reason::kFederationDenied, {{"domain", "b.example"}}), {}}, pair());
  EXPECT_EQ(told.told->text, told.refusal.text);
  EXPECT_THAT(told.refusal.text, HasSubstr("b.example"));
}

TEST(NeighbourWords, AreNoLongerThanAnyOthers) {
  const auto told =
      of_neighbour({{Reason::kBackendUnavailable, std::string(600, 'x')}, {}}, pair());
  EXPECT_LE(told.refusal.text.size(), 512U);
}

}  // namespace
}  // namespace portcullis::relay
