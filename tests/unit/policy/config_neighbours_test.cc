// What is said of several hosts and their servers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
