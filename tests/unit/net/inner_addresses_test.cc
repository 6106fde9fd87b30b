// Unit tests of without_inner_addresses().

#include "proxy/net/inner_addresses.h"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::net {
namespace {

TEST(InnerAddresses, AreTakenOut) {
  struct Case {
    std::string said;
    std::string told;
  };
  for (const auto& [said, told] : {
           Case{"failed authentications from this IP address (127.0.0.1). It",
                "failed authentications from this IP address (an inner address). It"},
           Case{"::1", "an inner address"},
           Case{"at 10.1.2.3:5222, and [fd00::1]:5222.",
                "at an inner address, and [an inner address]:5222."},
           Case{"::ffff:192.168.1.1 is blocked", "an inner address is blocked"},
           Case{"172.16.0.9 and 172.16.0.9.", "an inner address and an inner address."},
           Case{"ip:10.0.0.5, client:192.168.1.7:41234",
                "ip:an inner address, client:an inner address"},
           Case{"Banned:10.1.2.3", "Banned:an inner address"},
           Case{"IP:fd00::5", "IP:an inner address"},
           Case{"fe80::1: no", "an inner address: no"},
       })
    EXPECT_EQ(without_inner_addresses(said), told) << said;
}

TEST(InnerAddresses, EverythingElseStays) {
  for (const std::string said : {
           "",
           "Too many (20) failed authentications. The address is free at 19:23:56 27.11.2026 UTC",
           "a dead beef: at 1.2.3.4, [2a01:4f8::1]:5222",
           "server 10.1.2 of 10.1.2.3.4, 10.0.0.256",
           "...",
           ":::",
           "x:",
           "fade, face.",
       })
    EXPECT_EQ(without_inner_addresses(said), said);
}

}  // namespace
}  // namespace portcullis::net
