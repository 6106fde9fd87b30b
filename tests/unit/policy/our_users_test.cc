// Unit tests of for_our_users(): what our own users read where a peer was refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

using testing::HasSubstr;

// Of the way to the peer, in its own words, or about ourselves: it is not distrusted.
const std::set<Reason> kNotTold = {Reason::kRefusedByPeer,
                                   Reason::kNoSuchService,
                                   Reason::kDnsFailed,
                                   Reason::kPeerUnreachable,
                                   Reason::kPeerLeft,
                                   Reason::kNegotiationTimeout,
                                   Reason::kInternalError,
                                   Reason::kBackendUnavailable,
                                   Reason::kBackendMisconfigured,
                                   Reason::kBackendWithoutTls,
                                   Reason::kNotTheBackend,
                                   Reason::kLocalCaUnavailable,
                                   Reason::kBackendChanged,
                                   Reason::kShuttingDown,
                                   Reason::kAddressRefused,
                                   Reason::kDialLimit,
                                   Reason::kMemoryShort,
                                   Reason::kDnsTimeout,
                                   Reason::kOutOfDescriptors,
                                   Reason::kBackendWithoutBinding};

TEST(ForOurUsers, SaysThatThePeerIsNotTrustedExactlyWhereItWasTold) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = reason_at(i);
    const auto before = refuse(reason, {{"detail", "it is so"}});
    const auto after = for_our_users(before);
    EXPECT_EQ(after.reason, reason) << id(reason);
    if (kNotTold.contains(reason))
      EXPECT_EQ(after.text, before.text) << id(reason);
    else
      EXPECT_EQ(after.text, "The remote server is not trusted and was told: " + before.text);
  }
}

// By anything more they could look for open ports.
TEST(ForOurUsers, LearnNothingAboutAnAddressWhereNobodySpokeXmpp) {
  const auto told = unreached_for_our_users();
  EXPECT_EQ(told.reason, Reason::kPeerUnreachable);
  EXPECT_EQ(told.text,
            "No server of the remote domain could be reached: the log of this gate says why.");
}

TEST(ForOurUsers, StaysWithinWhatARefusalMayHold) {
  const auto after = for_our_users({Reason::kExpired, std::string(512, 'x')});
  EXPECT_EQ(after.text.size(), 512U);
  EXPECT_THAT(after.text, HasSubstr("was told: xxx"));
}

TEST(ForOurUsers, CutsAtACharacter) {
  std::string text;
  for (int i = 0; i < 256; ++i) text += "\xC3\xA4";  // two octets each
  const auto after = for_our_users({Reason::kExpired, text});
  EXPECT_LE(after.text.size(), 512U);
  EXPECT_TRUE(after.text.ends_with("\xC3\xA4"));
}

}  // namespace
}  // namespace portcullis::policy
