#include "proxy/app/system_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::app {
namespace {

using policy::Diagnostic;
using testing::HasSubstr;
using testing::IsEmpty;

policy::Config captured_at(const Endpoint& responder) {
  policy::Config config;
  config.file = "p.toml";
  config.outbound.capture = policy::Capture::kDns;
  config.outbound.dns = {responder};
  config.lines["outbound.dns"] = {"p.toml", 7};
  return config;
}

TEST(SystemResolver, ThatIsOurOwnIsAnError) {
  for (const auto* const text :
       {"nameserver 127.0.0.3\n", "search a.example\n nameserver\t127.0.0.3",
        "nameserver 192.0.2.53\nnameserver 127.0.0.3\noptions edns0\n", "nameserver 127.0.0.3#c\n",
        "nameserver 127.0.0.3;c\n", "nameserver127.0.0.3\n"}) {
    const auto found = check_system_resolver(captured_at({"127.0.0.3", 53}), text);
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_EQ(found.front().severity, Diagnostic::Severity::kError);
    EXPECT_THAT(found.front().text(),
                HasSubstr("p.toml:7: error: \"127.0.0.3:53\" of outbound.dns"));
    EXPECT_THAT(found.front().text(), HasSubstr("in servers of [dns]"));
  }
  EXPECT_EQ(check_system_resolver(captured_at({"::1", 53}), "nameserver 0:0:0:0:0:0:0:1\n").size(),
            1U);
}

// libunbound asks 127.0.0.1 then.
TEST(SystemResolver, ThatIsOurOwnIsAnErrorAlsoWhereNoneIsNamed) {
  for (const auto* const text : {"", "search a.example\n", "nameserver\n", "nameserver x\n"}) {
    const auto found = check_system_resolver(captured_at({"127.0.0.1", 53}), text);
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_EQ(found.front().severity, Diagnostic::Severity::kError);
    EXPECT_THAT(found.front().text(), HasSubstr("/etc/resolv.conf names no resolver"));
  }
}

TEST(SystemResolver, ThatIsAnotherIsFine) {
  EXPECT_THAT(check_system_resolver(captured_at({"127.0.0.3", 53}), "nameserver 127.0.0.1\n"),
              IsEmpty());
  EXPECT_THAT(check_system_resolver(captured_at({"127.0.0.3", 5353}), "nameserver 127.0.0.3\n"),
              IsEmpty())
      << "at another port";
}

TEST(SystemResolver, IsNoMatterIfItIsNotAsked) {
  auto config = captured_at({"127.0.0.3", 53});
  config.dns.servers = {{"192.0.2.53", 53}};
  EXPECT_THAT(check_system_resolver(config, "nameserver 127.0.0.3\n"), IsEmpty());
  EXPECT_THAT(check_system_resolver(config, ""), IsEmpty());
  config.dns.servers.clear();
  config.outbound.capture = policy::Capture::kNone;
  EXPECT_THAT(check_system_resolver(config, "nameserver 127.0.0.3\n"), IsEmpty());
  config.outbound.listen.clear();
  EXPECT_THAT(check_system_resolver(config, ""), IsEmpty()) << "nobody is called";
}

TEST(SystemResolver, ThatIsNamedNowhereIsAWarning) {
  for (const auto* const text : {"", "# nameserver 192.0.2.53\n", "search a.example\n"}) {
    const auto found = check_system_resolver(captured_at({"127.0.0.3", 53}), text);
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_EQ(found.front().severity, Diagnostic::Severity::kWarning);
    EXPECT_THAT(found.front().text(), HasSubstr("/etc/resolv.conf: warning: names no resolver"));
  }
}

}  // namespace
}  // namespace portcullis::app
