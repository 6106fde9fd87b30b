// What is said of several hosts and their servers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Behind the least configuration, whose first host has its server on 127.0.0.1:15269 and pins
// b.pem.
std::string second_host(const std::string& backend, const std::string& pinned = "second.pem") {
  return "[[host]]\ndomain = \"b.example\"\n"
         "certificates = [ { chain = \"c.pem\", key = \"k.pem\" } ]\n"
         "[host.backend]\ncertificate = \"" +
         pinned + "\"\n" + backend;
}

TEST(Neighbours, OnServersOfTheirOwnAreConnected) {
  for (const std::string address :
       {"127.0.0.1:15270", "127.0.0.2:15269", "192.0.2.1:15269", "other.example:15269"})
    EXPECT_THAT(texts(load_least_and(second_host("s2s = \"" + address + "\"\n"))), IsEmpty())
        << address;
}

TEST(Neighbours, OnOneServerAreFine) {
  for (const std::string address : {"127.0.0.1:15269", "localhost:15269", "[::1]:15269"})
    EXPECT_THAT(texts(load_least_and(second_host("s2s = \"" + address + "\"\n", "b.pem"))),
                IsEmpty())
        << address;
}

TEST(Neighbours, OfTwoKindsAtOneAddressAreALoop) {
  const auto host = [](const std::string& domain, const std::string& kind) {
    return "[[host]]\ndomain = \"" + domain + "\"\n[host.backend]\ns2s = \"127.0.0.1:269\"\n" +
           "c2s = \"off\"\n" + kind;
  };
  EXPECT_THAT(
      texts(load_text(host("a.example", "kind = \"prosody\"\n") +
                      host("b.example", "kind = \"ejabberd\"\n"))),
      ElementsAre(AllOf(HasSubstr("p.toml:12:"), HasSubstr("warning: "), HasSubstr("\"b.example\""),
                        HasSubstr("\"a.example\" (line 1)"), HasSubstr("loop"))));
  EXPECT_THAT(texts(load_text(host("a.example", "kind = \"prosody\"\n") +
                              host("b.example", "kind = \"prosody\"\n") + host("c.example", ""))),
              IsEmpty());
}

TEST(Neighbours, OnTwoServersWithOnePinnedFileMaySpeakAsEachOther) {
  EXPECT_THAT(
      texts(load_least_and(second_host("s2s = \"192.0.2.1:15269\"\n", "b.pem"))),
      ElementsAre(AllOf(HasSubstr("p.toml:16:"), HasSubstr("warning: "), HasSubstr("\"b.example\""),
                        HasSubstr("\"a.example\" (line 6)"), HasSubstr("\"b.pem\""))));
}

TEST(Neighbours, AFindingAboutDialbackHidesNoPinnedFile) {
  const auto host = [](const std::string& domain, const std::string& port,
                       const std::string& more) {
    return "[[host]]\ndomain = \"" + domain + "\"\n[host.backend]\ns2s = \"127.0.0.1:" + port +
           "\"\nc2s = \"off\"\n" + more;
  };
  const auto pinned = host("b.example", "1002", "certificate = \"b.pem\"\n") +
                      host("c.example", "1003", "certificate = \"b.pem\"\n");
  const auto found =
      texts(load_text(host("a.example", "1001", "s2s_auth = \"dialback\"\n") + pinned));
  EXPECT_THAT(found, Contains(AllOf(HasSubstr("\"c.example\" and \"b.example\""),
                                    HasSubstr("the same file is pinned"))));
  EXPECT_THAT(found, Contains(AllOf(HasSubstr("\"c.example\" and \"a.example\""),
                                    HasSubstr("knows only dialback"))));
}

// Then the file is not read.
TEST(Neighbours, ThatShowWhatTheGateShowsPinNoFileUnlessItIsNamed) {
  const auto host = [](const std::string& domain, const std::string& port,
                       const std::string& more) {
    return "[[host]]\ndomain = \"" + domain + "\"\n[host.backend]\ns2s = \"127.0.0.1:" + port +
           "\"\nc2s = \"127.0.0.1:2" + port +
           "\"\nc2s_tls = \"starttls\"\nchannel_binding = \"end-point\"\n" + more;
  };
  EXPECT_THAT(texts(load_text(host("a.example", "1001", "") + host("b.example", "1002", ""))),
              Not(Contains(HasSubstr("the same file is pinned"))));
  const std::string named = "certificate = \"b.pem\"\n";
  EXPECT_THAT(texts(load_text(host("a.example", "1001", named) + host("b.example", "1002", named))),
              Contains(HasSubstr("the same file is pinned")));
}

TEST(Neighbours, AreComparedWithEachOther) {
  const auto host = [](const std::string& domain, const std::string& address,
                       const std::string& pinned) {
    return "[[host]]\ndomain = \"" + domain + "\"\nbackend = { s2s = \"" + address +
           "\", c2s = \"127.0.0.1:222\", allow_clear_c2s = true, certificate = \"" + pinned +
           "\" }\n";
  };
  EXPECT_THAT(texts(load_text(host("a.example", "off", "b.pem") +
                              host("b.example", "192.0.2.1:15269", "b.pem") +
                              host("c.example", "192.0.2.2:15269", "c.pem") +
                              host("d.example", "192.0.2.3:15269", "c.pem"))),
              ElementsAre(AllOf(HasSubstr("\"d.example\""), HasSubstr("\"c.example\" (line 7)"))));
}

TEST(Neighbours, ThatOnlyTakeClientsAreFine) {
  EXPECT_THAT(
      texts(load_least_and(second_host("s2s = \"off\"\nc2s = \"127.0.0.1:222\"\n", "b.pem"))),
      IsEmpty());
}

TEST(Neighbours, AreFineIfNothingOfTheirsGoesOut) {
  EXPECT_THAT(texts(load_least_and(second_host("s2s = \"127.0.0.1:15270\"\n", "b.pem") +
                                   "[outbound]\nlisten = []\n")),
              IsEmpty());
}

}  // namespace
}  // namespace portcullis::policy
