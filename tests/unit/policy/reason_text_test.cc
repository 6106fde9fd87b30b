#include "policy/reasons/reason_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::Contains;

TEST(ReasonText, TellsAReason) {
  EXPECT_THAT(
      lines(info(Reason::kExpired)),
      AllOf(Contains("reason          expired"), Contains("stream error    not-authorized"),
            Contains("fault of        the other side"), Contains("observe mode    lets it through"),
            Contains("exception       yes"), Contains("TLSRPT          certificate-expired")));
  EXPECT_THAT(lines(info(Reason::kXmlInvalid)),
              AllOf(Contains("observe mode    refuses it, too"), Contains("TLSRPT          none"),
                    Contains("exception       never")));
}

TEST(ReasonText, HasWordsForEverything) {
  EXPECT_EQ(waiver_words(info(Reason::kSelfSigned).waiver), "only with pins");
  EXPECT_EQ(waiver_words(info(Reason::kRevoked).waiver), "never");
  EXPECT_EQ(blame_words(info(Reason::kDialbackAttempted).blame), "the side that opened the stream");
  EXPECT_EQ(blame_words(info(Reason::kStarttlsNotOffered).blame), "the side that was called");
  EXPECT_EQ(blame_words(info(Reason::kInternalError).blame), "this server or its backend");
  EXPECT_EQ(blame_words(info(Reason::kDnsFailed).blame),
            "DNS, the network or a server that is down");
}

}  // namespace
}  // namespace portcullis::policy
