// What is said of hosts whose servers are not the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Behind the least configuration, whose first host has its server on 127.0.0.1:15269.
std::string second_host(const std::string& addresses) {
  return "[[host]]\ndomain = \"b.example\"\n"
         "certificates = [ { chain = \"c.pem\", key = \"k.pem\" } ]\n"
         "[host.backend]\ncertificate = \"b.pem\"\n" +
         addresses;
}

TEST(Neighbours, OnServersOfTheirOwnDoNotReachEachOther) {
  for (const std::string address : {"127.0.0.1:15270", "192.0.2.1:15269", "other.example:15269"})
    EXPECT_THAT(texts(load_least_and(second_host("s2s = \"" + address + "\"\n"))),
                ElementsAre(AllOf(HasSubstr("p.toml:12:1: warning: "), HasSubstr("\"b.example\""),
                                  HasSubstr("\"a.example\" (line 6)"),
                                  HasSubstr("are on different servers"))))
        << address;
}

TEST(Neighbours, OnOneServerAreFine) {
  for (const std::string address : {"127.0.0.1:15269", "localhost:15269", "[::1]:15269"})
    EXPECT_THAT(texts(load_least_and(second_host("s2s = \"" + address + "\"\n"))), IsEmpty())
        << address;
}

TEST(Neighbours, AreComparedAlsoIfTheFirstHostOnlyTakesClients) {
  const auto host = [](const std::string& domain, const std::string& address) {
    return "[[host]]\ndomain = \"" + domain + "\"\nbackend = { s2s = \"" + address +
           "\", c2s = \"127.0.0.1:222\", allow_clear_c2s = true }\n";
  };
  EXPECT_THAT(texts(load_text(host("a.example", "off") + host("b.example", "192.0.2.1:15269") +
                              host("c.example", "192.0.2.2:15269"))),
              ElementsAre(AllOf(HasSubstr("\"c.example\""), HasSubstr("\"b.example\" (line 4)"))));
}

TEST(Neighbours, ThatOnlyTakeClientsAreFine) {
  EXPECT_THAT(texts(load_least_and(second_host("s2s = \"off\"\nc2s = \"127.0.0.1:222\"\n"))),
              IsEmpty());
}

TEST(Neighbours, AreFineIfNothingOfTheirsGoesOut) {
  EXPECT_THAT(texts(load_least_and(second_host("s2s = \"127.0.0.1:15270\"\n") +
                                   "[outbound]\nlisten = []\n")),
              IsEmpty());
}

}  // namespace
}  // namespace portcullis::policy
