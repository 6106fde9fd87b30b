// What is said of channel_binding.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kBound = "channel_binding = \"end-point\"\n";
const std::string kTls = "c2s_tls = \"starttls\"\n";

TEST(ChannelBindingKey, NeedsTlsToTheClientPort) {
  const std::string settings_of[] = {"c2s = \"127.0.0.1:222\"\n", "c2s = \"off\"\n",
                                     "c2s = \"off\"\n" + kTls,
                                     "c2s = \"127.0.0.1:222\"\nc2s_tls = \"off\"\n"};
  for (const auto& settings : settings_of)
    EXPECT_THAT(texts(load_least_and(settings + kBound)),
                Contains(AllOf(HasSubstr("error: a login can only be bound"),
                               HasSubstr("c2s_tls = \"starttls\""))))
        << settings;
}

TEST(ChannelBindingKey, IsFineWithIt) {
  const auto loaded = load_least_and("c2s = \"192.0.2.1:5222\"\n" + kTls + kBound);
  EXPECT_THAT(texts(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_TRUE(loaded.config->hosts.front().backend.shares_certificate());
}

TEST(ChannelBindingKey, IsOffByDefault) {
  for (const auto& settings : {kTls, kTls + "channel_binding = \"off\"\n"}) {
    const auto loaded = load_least_and("c2s = \"192.0.2.1:5222\"\n" + settings);
    EXPECT_THAT(texts(loaded), IsEmpty());
    ASSERT_TRUE(loaded.config);
    EXPECT_FALSE(loaded.config->hosts.front().backend.shares_certificate());
  }
}

TEST(ChannelBindingKey, KnowsItsWords) {
  EXPECT_THAT(texts(load_least_and("c2s = \"192.0.2.1:5222\"\n" + kTls +
                                   "channel_binding = \"exporter\"\n")),
              Contains(HasSubstr("end-point")));
}

TEST(ChannelBindingKey, IsAnErrorWithAServerThatKnowsNone) {
  EXPECT_THAT(
      texts(load_least_and("kind = \"jabberd2\"\nc2s = \"192.0.2.1:5222\"\n" + kTls + kBound)),
      Contains(HasSubstr("error: jabberd2 knows no channel binding")));
}

}  // namespace
}  // namespace portcullis::policy
