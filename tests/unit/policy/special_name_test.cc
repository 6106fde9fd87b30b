#include "policy/model/special_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace portcullis::policy {
namespace {

DomainName domain(const std::string& text) {
  return DomainName::parse(text).value();
}

// Of rend-spec-v3 and the Tor Project.
const std::vector<std::string> kServices{
    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd",
    "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd",
    "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd",
};

const std::string kForm = "before .onion stand 56 of a to z and 2 to 7, version 3";
const std::string kChecksum = "the checksum in the name is wrong, so a character of it is";

TEST(OnionName, ThoseOfServicesAndBelowThemAreFine) {
  for (const auto& service : kServices)
    for (const std::string below : {"", "conference.", "a.b."}) {
      const auto name = domain(below + service + ".onion");
      EXPECT_TRUE(is_onion(name));
      EXPECT_EQ(why_no_onion(name), "") << name.a_label();
    }
  EXPECT_EQ(why_no_onion(domain("PG6MMJIYJMCRSSLVYKFWNNTLARU7P5SVN6Y2YMMJU6NUBXNDF4PSCRYD.Onion")),
            "");
}

TEST(OnionName, OthersAreNone) {
  for (const std::string name : {"peer.example", "onion.example", "xonion", kServices[0].c_str()}) {
    EXPECT_FALSE(is_onion(domain(name))) << name;
    EXPECT_EQ(why_no_onion(domain(name)), "") << name;
  }
}

TEST(OnionName, MustHaveTheFormOfVersion3) {
  const auto& good = kServices[0];
  for (const auto& label :
       std::vector<std::string>{"expyuzz4wqqyqhjn",         // version 2
                                good.substr(1),             // too short
                                "a" + good,                 // too long
                                "1" + good.substr(1),       // no digit of base32
                                good.substr(0, 55) + "c",   // version 2 in the last octet
                                good.substr(0, 54) + "ra",  // and others
                                good + ".x"}) {             // the address must come last
    const auto name = domain(label + ".onion");
    EXPECT_TRUE(is_onion(name));
    EXPECT_EQ(why_no_onion(name), kForm) << label;
  }
  EXPECT_EQ(why_no_onion(domain("onion")), "a name stands before .onion");
}

// One wrong character anywhere: the form holds, and the checksum does not.
TEST(OnionName, MustHaveItsChecksum) {
  for (std::size_t at = 0; at < 54; ++at) {
    std::string label = kServices[0];
    label[at] = label[at] == 'a' ? 'b' : 'a';
    EXPECT_EQ(why_no_onion(domain(label + ".onion")), kChecksum) << at;
    EXPECT_EQ(why_no_onion(domain("conference." + label + ".onion")), kChecksum) << at;
  }
}

TEST(Localhost, IsThisMachine) {
  for (const std::string name : {"localhost", "LOCALHOST", "a.localhost", "localhost.localdomain"})
    EXPECT_TRUE(is_localhost(domain(name))) << name;
  for (const std::string name : {"localhost.example", "xlocalhost", "local", "peer.example"})
    EXPECT_FALSE(is_localhost(domain(name))) << name;
}

}  // namespace
}  // namespace portcullis::policy
