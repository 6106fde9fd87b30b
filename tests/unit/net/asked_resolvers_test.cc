// Unit tests of what the operator reads about the resolvers that were asked.

#include "proxy/net/asked_resolvers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::net {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(AskedResolvers, AreThoseOfTheConfigurationWhereItNamesSome) {
  const std::string file = "nameserver 192.0.2.99\n";
  EXPECT_EQ(asked_resolvers({{"192.0.2.53", 53}}, file),
            "the resolver asked is 192.0.2.53:53, by servers of [dns]");
  EXPECT_EQ(asked_resolvers({{"192.0.2.53", 53}, {"2001:db8::53", 5353}}, file),
            "the resolvers asked are 192.0.2.53:53, [2001:db8::53]:5353, by servers of [dns]");
}

TEST(AskedResolvers, AreElseThoseOfTheMachine) {
  EXPECT_THAT(asked_resolvers({}, "search a.example\nnameserver 127.0.0.53\n"),
              AllOf(HasSubstr("the resolver asked is 127.0.0.53:53, by /etc/resolv.conf"),
                    HasSubstr("servers of [dns] is empty")));
}

TEST(AskedResolvers, AFileThatNamesNoneIsSaidSo) {
  for (const auto* const text :
       {"", "\n", "search a.example\n", "# nameserver 192.0.2.1\n", "nameserver\n",
        "nameserver host.example\n", "nameserver 192.0.2\n"})
    EXPECT_THAT(asked_resolvers({}, text),
                AllOf(HasSubstr("/etc/resolv.conf names no resolver"),
                      HasSubstr("127.0.0.1:53 is asked"), HasSubstr("servers of [dns]")))
        << text;
}

TEST(AskedResolvers, NoMoreThanThreeAreNamed) {
  std::string many;
  for (int i = 1; i <= 200; ++i) many += "nameserver 192.0.2." + std::to_string(i) + "\n";
  const auto text = asked_resolvers({}, many);
  EXPECT_THAT(text, AllOf(HasSubstr("192.0.2.1:53, 192.0.2.2:53, 192.0.2.3:53 and 197 more"),
                          Not(HasSubstr("192.0.2.4:53"))));
  EXPECT_LT(text.size(), 200U);
}

TEST(AskedResolvers, OfThisMachineAreReadFromItsFile) {
  EXPECT_THAT(asked_resolvers({}), HasSubstr("/etc/resolv.conf"));
  EXPECT_EQ(asked_resolvers({{"192.0.2.53", 53}}), asked_resolvers({{"192.0.2.53", 53}}, ""));
}

TEST(Nameservers, AreReadAsLibunboundReadsThem) {
  EXPECT_THAT(
      nameservers("nameserver 192.0.2.1\n nameserver\t2001:db8:0::1#c\nnameserver192.0.2.2;x"),
      ElementsAre("192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.2:53"));
  EXPECT_THAT(nameservers("options nameserver 192.0.2.1\n;nameserver 192.0.2.1\nnameserver \n"),
              IsEmpty());
}

}  // namespace
}  // namespace portcullis::net
