#include "proxy/app/start_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace portcullis::app {
namespace {

TEST(StartLine, NamesEveryListener) {
  policy::Config config;
  EXPECT_EQ(addresses_text(config),
            "s2s=[::]:5269 s2s_direct=[::]:5270 c2s=[::]:5222 c2s_direct=[::]:5223 "
            "outbound=127.0.0.2:5269 admin=127.0.0.1:9270");
  config.outbound.capture = policy::Capture::kDns;
  config.listen.s2s = {{"192.0.2.1", 5269}, {"2001:db8::1", 15269}};
  EXPECT_EQ(addresses_text(config),
            "s2s=192.0.2.1:5269,[2001:db8::1]:15269 s2s_direct=[::]:5270 c2s=[::]:5222 "
            "c2s_direct=[::]:5223 outbound=127.0.0.2:5269 dns=127.0.0.3:5353 "
            "admin=127.0.0.1:9270");
}

TEST(StartLine, DoesNotNameWhatIsOff) {
  policy::Config config;
  config.listen = {};
  config.listen.s2s.clear();
  config.listen.s2s_direct.clear();
  config.listen.c2s_direct.clear();
  config.listen.admin.reset();
  config.outbound.listen.clear();
  EXPECT_EQ(addresses_text(config), "c2s=[::]:5222");
  config.listen.c2s.clear();
  EXPECT_EQ(addresses_text(config), "");
}

TEST(StartLine, NamesTheUser) {
  const auto user = user_text();
  EXPECT_FALSE(user.empty());
  EXPECT_EQ(user == "root", ::geteuid() == 0);
}

TEST(StartLine, SaysWhatIsServed) {
  policy::Config config;
  config.mode = policy::Mode::kObserve;
  EXPECT_EQ(serving_text(config, 1), "Serving 0 hosts, mode observe, generation 1");
  config.hosts.push_back({*DomainName::parse("a.example"), {}, {}, {}});
  config.mode = policy::Mode::kEnforce;
  EXPECT_EQ(serving_text(config, 3), "Serving 1 host, mode enforce, generation 3");
}

}  // namespace
}  // namespace portcullis::app
