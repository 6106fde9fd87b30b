#include "proxy/relay/login_rates.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/limits_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using session::Attempt;
using telemetry::Limit;

constexpr std::chrono::milliseconds kNow{5'000'000};

LoginRates rates(double logins, double registrations) {
  return {LoginRates::Settings{{logins, registrations}}, 7};
}
PeerNetworks at(const std::string& host) {
  return PeerNetworks(peer_at(host));
}

TEST(LoginRates, LoginsThatDoNotFailCostNothing) {
  auto logins = rates(2, 1);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow));
}

TEST(LoginRates, FailedOnesAreRefusedUntilTimeHasPassed) {
  auto logins = rates(2, 1);
  logins.login_failed(at("192.0.2.1"), kNow);
  EXPECT_FALSE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow));
  logins.login_failed(at("192.0.2.1"), kNow);
  EXPECT_EQ(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow), Limit::kFailedLogins);
  EXPECT_FALSE(logins.ask(Attempt::kLogin, at("192.0.2.2"), kNow)) << "others may go on";
  EXPECT_FALSE(logins.ask(Attempt::kRegistration, at("192.0.2.1"), kNow));
  EXPECT_TRUE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow + 29min));
  EXPECT_FALSE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow + 30min));
}

TEST(LoginRates, ManyAtOnceLeaveDebtsOfAnHourAtMost) {
  auto logins = rates(60, 1);
  for (int i = 0; i < 10'000; ++i) logins.login_failed(at("192.0.2.1"), kNow);
  EXPECT_TRUE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow + 60min));
  EXPECT_FALSE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow + 62min));
}

TEST(LoginRates, RegistrationsAreCountedWhenTheyAreTried) {
  auto logins = rates(1, 2);
  EXPECT_FALSE(logins.ask(Attempt::kRegistration, at("192.0.2.1"), kNow));
  EXPECT_FALSE(logins.ask(Attempt::kRegistration, at("192.0.2.1"), kNow));
  EXPECT_EQ(logins.ask(Attempt::kRegistration, at("192.0.2.1"), kNow), Limit::kRegistrations);
  EXPECT_FALSE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow));
  EXPECT_FALSE(logins.ask(Attempt::kRegistration, at("192.0.2.1"), kNow + 30min));
  EXPECT_TRUE(logins.ask(Attempt::kRegistration, at("192.0.2.1"), kNow + 30min));
}

TEST(LoginRates, AnIpv6NetworkHasMoreThanOneOfItsParts) {
  auto logins = rates(1, 1);
  const auto try_all = [&](const std::string& prefix, const std::string& suffix) {
    int passed = 0;
    for (int i = 0; i < 50; ++i)
      if (!logins.ask(Attempt::kRegistration, at(prefix + two_digits(i) + suffix), kNow)) ++passed;
    return passed;
  };
  EXPECT_EQ(try_all("2001:db8:1:1::", ""), 1) << "one /64";
  EXPECT_EQ(try_all("2001:db8:2:1", "::1"), 2) << "64s of one /56";
  EXPECT_EQ(try_all("2001:db8:3:", "00::1"), 4) << "56s of one /48";
  EXPECT_FALSE(logins.ask(Attempt::kRegistration, at("2001:db8:4::1"), kNow));
}

TEST(LoginRates, AFloodOfAddressesDoesNotFreeWhoHasFailedOften) {
  auto logins = rates(20, 1);
  for (int i = 0; i < 40; ++i) logins.login_failed(at("192.0.2.1"), kNow);
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b)
      logins.login_failed(at("10.1." + std::to_string(a) + "." + std::to_string(b)), kNow);
  EXPECT_TRUE(logins.ask(Attempt::kLogin, at("192.0.2.1"), kNow));
}

// ---- As ConnectionLimits asks for them

TEST(LoginLimits, ExemptAddressesMayTryAnything) {
  policy::Limits given;
  given.failed_logins_per_address = 1;
  given.registrations_per_address = 1;
  given.exempt = {"172.18.0.0/16"};
  const auto limits = limits_with(given);
  for (int i = 0; i < 5; ++i) {
    limits->login_failed(peer_at("172.18.0.1"), kNow);
    limits->login_failed(peer_at("192.0.2.1"), kNow);
    EXPECT_FALSE(limits->ask(Attempt::kLogin, peer_at("172.18.0.1"), kNow));
    EXPECT_FALSE(limits->ask(Attempt::kRegistration, peer_at("172.18.0.1"), kNow));
  }
  EXPECT_EQ(limits->ask(Attempt::kLogin, peer_at("192.0.2.1"), kNow), Limit::kFailedLogins);
}

TEST(LoginLimits, AReloadChangesThem) {
  policy::Limits given;
  given.registrations_per_address = 1;
  const auto limits = limits_with(given);
  EXPECT_FALSE(limits->ask(Attempt::kRegistration, peer_at("192.0.2.1"), kNow));
  EXPECT_TRUE(limits->ask(Attempt::kRegistration, peer_at("192.0.2.1"), kNow));
  given.registrations_per_address = 10'000;
  limits->change(ConnectionLimits::Settings::of(given).value());
  EXPECT_FALSE(limits->ask(Attempt::kRegistration, peer_at("192.0.2.1"), kNow + 1h));
}

}  // namespace
}  // namespace portcullis::relay
