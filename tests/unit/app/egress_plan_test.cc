#include "proxy/app/egress_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

policy::Config config(std::vector<std::string> users) {
  policy::Config made;
  made.outbound.capture = policy::Capture::kNftables;
  made.outbound.backend_users = std::move(users);
  made.outbound.allowed_ports = {53};
  return made;
}

TEST(EgressPlan, LooksUsersUpAndNamesEachOnce) {
  const auto table = egress_table_of(config({"4711", "nobody", "4711"}));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_THAT(table->users, ElementsAre(4711, 65534));
  EXPECT_EQ(table->ipv4, (Endpoint{"127.0.0.2", 5269}));
  EXPECT_FALSE(table->ipv6);
  EXPECT_THAT(table->allowed_ports, ElementsAre(53));
  EXPECT_TRUE(table->direct_tls);
}

TEST(EgressPlan, SaysWhichUserIsMissing) {
  const auto table = egress_table_of(config({"nobody", "no-such-user"}));
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().message, HasSubstr("there is no user \"no-such-user\""));
}

TEST(EgressPlan, RefusesRootAndOurOwnUser) {
  for (const auto* const root : {"root", "0", "00"}) {
    const auto table = egress_table_of(config({root}));
    ASSERT_FALSE(table) << root;
    EXPECT_THAT(table.error().message, HasSubstr("is root")) << root;
  }
  auto ours = config({"nobody"});
  ours.process.user = "65534";
  const auto table = egress_table_of(ours);
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().message, HasSubstr("is process.user"));
}

TEST(EgressPlan, LeadsToTheFirstListenerOfEachFamily) {
  auto both = config({"nobody"});
  both.outbound.listen = {{"::1", 5279}, {"127.0.0.2", 5269}, {"127.0.0.4", 5269}, {"::2", 5269}};
  const auto table = egress_table_of(both);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->ipv4, (Endpoint{"127.0.0.2", 5269}));
  EXPECT_EQ(table->ipv6, (Endpoint{"::1", 5279}));
  EXPECT_THAT(egress_sentence(both, *table),
              HasSubstr("streams of nobody over IPv4 to 127.0.0.2:5269; over IPv6 to [::1]:5279"));
}

// Of domains that are observed none may be confirmed before it is called.
TEST(EgressPlan, ServesNoDirectTlsWhileAnybodyIsObserved) {
  auto all = config({"nobody"});
  all.s2s.settings.mode = policy::Mode::kObserve;
  EXPECT_FALSE(egress_table_of(all)->direct_tls);
  auto one = config({"nobody"});
  one.s2s.rules.emplace_back().settings.mode = policy::Mode::kObserve;
  EXPECT_FALSE(egress_table_of(one)->direct_tls);
}

}  // namespace
}  // namespace portcullis::app
