// What a configuration opens to others, and what is said about it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/load/config_address.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> with_client_port(const std::string& c2s, const std::string& more = "") {
  return texts(load_least_and("c2s = \"" + c2s + "\"\n" + more));
}

// ---- The leg to the client port

TEST(ClientPort, InTheClearToAnotherMachineIsAnError) {
  for (const auto* c2s :
       {"192.0.2.10:5222", "10.0.0.2:15222", "[2001:db8::1]:15222", "[::ffff:192.0.2.1]:15222",
        "xmpp.example.com:5222", "prosody:15222", "127.evil.example:15222",
        "localhost.evil.example:15222", "notlocalhost:15222", "0.0.0.0:15222",
        "xmpp.localhost:15222", "localhost.:15222"})
    EXPECT_THAT(with_client_port(c2s),
                ElementsAre(AllOf(HasSubstr("p.toml:12:7: error: the passwords of your clients "
                                            "would go to "),
                                  HasSubstr("c2s_tls = \"starttls\""),
                                  HasSubstr("allow_clear_c2s = true"))))
        << c2s;
}

TEST(ClientPort, InTheClearOnLoopbackIsAWarning) {
  for (const auto* c2s : {"127.0.0.1:15222", "127.9.8.7:1024", "[::1]:15222", "localhost:15222",
                          "LOCALHOST:15222", "[::ffff:127.0.0.1]:15222"}) {
    const auto loaded = load_least_and("c2s = \"" + std::string(c2s) + "\"\n");
    EXPECT_TRUE(loaded.config) << c2s;
    EXPECT_THAT(texts(loaded),
                ElementsAre(AllOf(HasSubstr("p.toml:12:7: warning: any user of this machine can "
                                            "open "),
                                  HasSubstr("allow_clear_c2s = true"))))
        << c2s;
  }
}

TEST(ClientPort, OfRootOnLoopbackIsFine) {
  EXPECT_THAT(with_client_port("127.0.0.1:222"), IsEmpty());
}

TEST(ClientPort, WithTlsIsFineWhereverItIs) {
  for (const auto* c2s : {"192.0.2.10:5222", "xmpp.example.com:5222", "127.0.0.1:15222"})
    EXPECT_THAT(with_client_port(c2s, "c2s_tls = \"starttls\"\n"), IsEmpty()) << c2s;
}

TEST(ClientPort, InTheClearIsFineWhereItIsMeant) {
  for (const auto* c2s : {"192.0.2.10:5222", "127.0.0.1:15222"}) {
    EXPECT_THAT(with_client_port(c2s, "allow_clear_c2s = true\n"), IsEmpty()) << c2s;
    EXPECT_EQ(with_client_port(c2s, "allow_clear_c2s = false\n").size(), 1U) << c2s;
    EXPECT_EQ(with_client_port(c2s, "c2s_tls = \"off\"\n").size(), 1U) << c2s;
  }
}

// A variable can only be in a string.
TEST(ClientPort, InTheClearCanBeMeantByAVariable) {
  EXPECT_THAT(with_client_port("192.0.2.10:5222", "allow_clear_c2s = \"true\"\n"), IsEmpty());
  for (const auto* more : {"\"false\"", "\"${NONE_OF_THAT_NAME:-false}\""})
    EXPECT_EQ(
        with_client_port("192.0.2.10:5222", "allow_clear_c2s = " + std::string(more) + "\n").size(),
        1U)
        << more;
  for (const auto* more : {"\"yes\"", "\"True\"", "\"\"", "1"})
    EXPECT_THAT(
        with_client_port("192.0.2.10:5222", "allow_clear_c2s = " + std::string(more) + "\n"),
        testing::Contains(HasSubstr("must be true or false")))
        << more;
}

TEST(ClientPort, ThatIsOffNeedsNothing) {
  EXPECT_THAT(with_client_port("off"), IsEmpty());
}

TEST(ClientPort, ThatFollowsFromTheHostIsToldAtItsLine) {
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\n[host.backend]\n"
                              "kind = \"prosody\"\nhost = \"xmpp\"\n")),
              ElementsAre(HasSubstr("p.toml:5:8: error: the passwords")));
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\n[host.backend]\n"
                              "kind = \"prosody\"\n")),
              ElementsAre(HasSubstr("p.toml:4:8: warning: any user")));
}

TEST(ClientPort, OfEachHostIsLookedAt) {
  const auto found =
      with_client_port("127.0.0.1:15222",
                       "allow_clear_c2s = true\n[[host]]\ndomain = \"b.example\"\n"
                       "backend = { s2s = \"127.0.0.1:15269\", c2s = \"192.0.2.1:5222\" }\n");
  EXPECT_THAT(found, ElementsAre(HasSubstr("p.toml:16:44: error: the passwords")));
}

TEST(ClientPort, KnowsTwoWordsForTls) {
  EXPECT_THAT(with_client_port("127.0.0.1:15222", "c2s_tls = \"on\"\n"),
              ElementsAre(HasSubstr("host.backend.c2s_tls cannot be \"on\"; allowed: \"off\", "
                                    "\"starttls\"")));
}

// ---- Other ends

TEST(OutboundListener, BeyondLoopbackIsAWarning) {
  for (const auto* listen : {"0.0.0.0:5300", "[::]:5300", "192.0.2.1:5300"}) {
    const auto loaded = load_least_and("[outbound]\nlisten = [\"" + std::string(listen) + "\"]\n");
    EXPECT_TRUE(loaded.config) << listen;
    EXPECT_THAT(texts(loaded), ElementsAre(AllOf(HasSubstr("p.toml:13:11: warning: "),
                                                 HasSubstr("meant for your own server only"))))
        << listen;
  }
  EXPECT_THAT(texts(load_least_and("[outbound]\nlisten = [\"127.0.0.9:5300\", \"[::1]:5300\"]\n")),
              IsEmpty());
}

TEST(AdminAddress, OfEveryInterfaceIsAWarning) {
  const auto with = [](const std::string& admin) {
    std::string toml(kLeast);
    toml.replace(toml.find("s2s ="), 0, "admin = \"" + admin + "\"\n");
    return texts(load_text(toml));
  };
  EXPECT_THAT(with("0.0.0.0:9270"),
              ElementsAre(HasSubstr("p.toml:3:9: warning: whoever reaches this machine can read "
                                    "/metrics")));
  EXPECT_THAT(with("127.0.0.1:9270"), IsEmpty());
  EXPECT_THAT(with("192.0.2.1:9270"), IsEmpty());
  EXPECT_THAT(with("off"), IsEmpty());
}

TEST(Addresses, AreReadAndNotGuessed) {
  for (const auto* loopback :
       {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost"})
    EXPECT_TRUE(is_loopback(loopback)) << loopback;
  for (const auto* other : {"128.0.0.1", "126.0.0.1", "127.example", "::2", "::", "::ffff:10.0.0.1",
                            "localhost.example", "", ".", "0.0.0.0", "localhost.", "a.b.localhost"})
    EXPECT_FALSE(is_loopback(other)) << other;
  EXPECT_TRUE(is_wildcard("0.0.0.0") && is_wildcard("::") && is_wildcard("0::0"));
  for (const auto* one : {"0.0.0.1", "::1", "localhost", ""}) EXPECT_FALSE(is_wildcard(one)) << one;
}

}  // namespace
}  // namespace portcullis::policy
