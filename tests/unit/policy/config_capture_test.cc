// What is said about the capture of the backend's streams.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded with(const std::string& outbound, const std::string& more = "") {
  return load_least_and("[outbound]\n" + outbound + more);
}

TEST(Capture, IsOffByDefault) {
  const auto loaded = load_least_and("");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->outbound.capture, Capture::kNone);
  EXPECT_THAT(loaded.config->dns_listeners(), IsEmpty());
}

TEST(Capture, ByDnsAnswersOnLoopback) {
  const auto loaded = with("capture = \"dns\"\n");
  EXPECT_THAT(texts(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->dns_listeners(), ElementsAre(Endpoint{"127.0.0.3", 5353}));
  EXPECT_FALSE(loaded.config->outbound.dns_forward);
}

TEST(Capture, ReadsWhereItAnswersAndWhomItAsks) {
  const auto loaded = with(
      "listen = [\"127.0.0.4:15269\", \"[::1]:15269\"]\ncapture = \"dns\"\n"
      "dns = [\"127.0.0.4:53\", \"[::1]:53\"]\ndns_forward = \"192.0.2.53:53\"\n");
  EXPECT_THAT(texts(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->dns_listeners(),
              ElementsAre(Endpoint{"127.0.0.4", 53}, Endpoint{"::1", 53}));
  EXPECT_EQ(loaded.config->outbound.dns_forward, (Endpoint{"192.0.2.53", 53}));
}

TEST(Capture, HasNoOtherWords) {
  for (const auto* value : {"\"DNS\"", "\"nft\"", "true", "\"\"", "\"off\""})
    EXPECT_FALSE(with("capture = " + std::string(value) + "\n").config) << value;
}

TEST(Capture, TakesAddressesOnly) {
  EXPECT_FALSE(with("capture = \"dns\"\ndns = [\"localhost:5353\"]\n").config);
  EXPECT_FALSE(with("capture = \"dns\"\ndns = [\"127.0.0.3\"]\n").config);
  EXPECT_FALSE(with("capture = \"dns\"\ndns_forward = \"dns.example:53\"\n").config);
}

TEST(Capture, NeedsSomethingToLeadTo) {
  EXPECT_THAT(
      texts(with("listen = []\ncapture = \"dns\"\n")),
      ElementsAre(AllOf(HasSubstr("error: there is nothing that streams could be led to"))));
  EXPECT_THAT(texts(with("capture = \"dns\"\ndns = []\n")),
              ElementsAre(HasSubstr("error: outbound.dns is empty")));
}

TEST(Capture, NeedsAddressesThatCanBeNamed) {
  const auto far = "listen = [\"0.0.0.0:5279\"]\ncapture = \"dns\"\n";
  EXPECT_THAT(texts(with(far)),
              testing::Contains(HasSubstr("error: \"0.0.0.0:5279\" does not do with capture")));
  EXPECT_THAT(texts(with("capture = \"dns\"\ndns = [\"[::]:53\"]\n")),
              testing::Contains(HasSubstr("error: \"[::]:53\" does not do with capture")));
}

TEST(Capture, DoesNotAskItself) {
  EXPECT_THAT(
      texts(with("capture = \"dns\"\ndns_forward = \"127.0.0.3:5353\"\n")),
      ElementsAre(HasSubstr("error: \"127.0.0.3:5353\" is our own, see outbound.dns: what is")));
  EXPECT_THAT(
      texts(with("capture = \"dns\"\n", "[dns]\nservers = [\"127.0.0.3:5353\"]\n")),
      ElementsAre(HasSubstr("error: \"127.0.0.3:5353\" is our own, see outbound.dns: every")));
  EXPECT_THAT(texts(with("", "[dns]\nservers = [\"127.0.0.3:5353\"]\n")), IsEmpty());
}

TEST(Capture, SharesNoAddressWithAListener) {
  EXPECT_THAT(texts(with("capture = \"dns\"\ndns = [\"127.0.0.2:5269\"]\n")),
              ElementsAre(HasSubstr("is listened on already")));
}

TEST(Capture, WarnsOfKeysThatDoNothing) {
  EXPECT_THAT(texts(with("dns = [\"127.0.0.3:53\"]\ndns_forward = \"192.0.2.53:53\"\n")),
              ElementsAre(HasSubstr("warning: outbound.dns has no effect"),
                          HasSubstr("warning: outbound.dns_forward has no effect")));
}

TEST(Capture, WarnsOfAResolverForEverybody) {
  const auto loaded = with("capture = \"dns\"\ndns = [\"192.0.2.1:53\"]\n");
  EXPECT_TRUE(loaded.config);
  EXPECT_THAT(texts(loaded), ElementsAre(HasSubstr("warning: whoever reaches \"192.0.2.1:53\"")));
}

TEST(Capture, ByNftablesNeedsAUserAndAListener) {
  const auto loaded = with("capture = \"nftables\"\nbackend_users = [\"prosody\", \"1200\"]\n");
  EXPECT_THAT(texts(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->outbound.capture, Capture::kNftables);
  EXPECT_THAT(loaded.config->outbound.backend_users, ElementsAre("prosody", "1200"));
  EXPECT_THAT(loaded.config->dns_listeners(), IsEmpty());
  EXPECT_THAT(texts(with("capture = \"nftables\"\n")),
              ElementsAre(HasSubstr("error: the packet filter knows a backend by its user")));
  EXPECT_THAT(texts(with("listen = []\ncapture = \"nftables\"\nbackend_users = [\"prosody\"]\n")),
              ElementsAre(HasSubstr("error: there is nothing that streams could be led to")));
}

TEST(Capture, ByNftablesNeedsOneAddressToLeadTo) {
  EXPECT_THAT(texts(with("listen = [\"[::]:5279\"]\ncapture = \"nftables\"\n"
                         "backend_users = [\"prosody\"]\n")),
              testing::Contains(HasSubstr("error: \"[::]:5279\" does not do with capture")));
}

TEST(Capture, NamesUsersThatAFilterCanTellApart) {
  const auto users = [](const std::string& list) {
    return texts(with("capture = \"nftables\"\nbackend_users = [" + list + "]\n"));
  };
  for (const auto* const bad : {"\"a b\"", "\"\"", "\"-u\"", "\"prosody; flush ruleset\"",
                                "\"a\\nb\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""})
    EXPECT_THAT(users(bad), testing::Contains(HasSubstr("is no name of a user"))) << bad;
  EXPECT_THAT(users("110"), testing::Contains(HasSubstr("must be a string")));
  for (const auto* const root : {"\"root\"", "\"0\""})
    EXPECT_THAT(users(root), ElementsAre(HasSubstr("error: root does not do"))) << root;
  EXPECT_THAT(users("\"portcullis\""), ElementsAre(HasSubstr("is process.user")));
}

TEST(Capture, AllowsPortsAndNotThoseOfServers) {
  const auto ports = [](const std::string& list) {
    return with("capture = \"nftables\"\nbackend_users = [\"prosody\"]\nallowed_ports = [" + list +
                "]\n");
  };
  ASSERT_TRUE(ports("53, 65535").config);
  EXPECT_THAT(ports("53, 65535").config->outbound.allowed_ports, ElementsAre(53, 65535));
  EXPECT_THAT(ports("").config->outbound.allowed_ports, IsEmpty());
  for (const auto* const bad : {"0", "65536", "-1", "\"53\"", "5.3"})
    EXPECT_FALSE(ports(bad).config) << bad;
  for (const auto* const bad : {"5269", "80, 5270"})
    EXPECT_THAT(texts(ports(bad)), ElementsAre(HasSubstr("is a port at which other servers")));
}

TEST(Capture, WarnsOfKeysOfAnotherWay) {
  EXPECT_THAT(texts(with("backend_users = [\"prosody\"]\nallowed_ports = [53]\n")),
              ElementsAre(HasSubstr("outbound.backend_users has no effect without capture = "
                                    "\"nftables\""),
                          HasSubstr("outbound.allowed_ports has no effect")));
  EXPECT_THAT(texts(with("capture = \"nftables\"\nbackend_users = [\"prosody\"]\n"
                         "dns_forward = \"192.0.2.53:53\"\n")),
              ElementsAre(HasSubstr("outbound.dns_forward has no effect without capture = "
                                    "\"dns\"")));
}

}  // namespace
}  // namespace portcullis::policy
