// The addresses of an endpoint of the configuration.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "proxy/net/resolver.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using test::run_until;
using Addresses = EndpointAddresses;

TEST(ResolveEndpoint, LiteralIsAnsweredAsynchronously) {
  Loop loop;
  std::optional<Addresses> result;
  const auto lookup = Resolver::resolve_endpoint(
      loop, {"::1", 5269}, [&](Addresses found) { result = std::move(found); });
  EXPECT_FALSE(result.has_value());
  ASSERT_TRUE(run_until(loop, [&] { return result.has_value(); }));
  ASSERT_TRUE(result->has_value());
  EXPECT_EQ((**result).at(0).text(), "[::1]:5269");
}

TEST(ResolveEndpoint, NameOfThisMachine) {
  Loop loop;
  std::optional<Addresses> result;
  const auto lookup = Resolver::resolve_endpoint(
      loop, {"localhost", 15269}, [&](Addresses found) { result = std::move(found); });
  ASSERT_TRUE(run_until(loop, [&] { return result.has_value(); }));
  ASSERT_TRUE(result->has_value()) << result->error().message;
  EXPECT_EQ((**result).at(0).port(), 15269);
}

TEST(ResolveEndpoint, UnknownNameIsExplained) {
  Loop loop;
  std::optional<Addresses> result;
  const auto lookup = Resolver::resolve_endpoint(
      loop, {"no such host", 1}, [&](Addresses found) { result = std::move(found); });
  ASSERT_TRUE(run_until(loop, [&] { return result.has_value(); }));
  ASSERT_FALSE(result->has_value());
  EXPECT_NE(result->error().message.find("\"no such host\""), std::string::npos);
}

TEST(ResolveEndpoint, DestroyedLookupsStaySilent) {
  Loop loop;
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    auto lookup = Resolver::resolve_endpoint(loop, {host, 1}, [](const Addresses&) { FAIL(); });
    lookup.reset();
  }
  bool done = false;
  const auto last =
      Resolver::resolve_endpoint(loop, {"localhost", 1}, [&](const Addresses&) { done = true; });
  EXPECT_TRUE(run_until(loop, [&] { return done; }));
}

}  // namespace
}  // namespace portcullis::net
