#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/admin/response.h"

namespace portcullis::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

Sources sources() {
  Sources made;
  made.status_page = [] { return "<html></html>"; };
  made.status_json = [] { return "{}"; };
  made.page_style = "sha256-abc";
  return made;
}

TEST(StatusResponse, ThePageHasTwoPaths) {
  for (const auto* const path : {"/", "/status"}) {
    const auto http = to_http(respond("GET", path, sources()));
    EXPECT_THAT(http, HasSubstr("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"));
    EXPECT_TRUE(http.ends_with("\r\n\r\n<html></html>"));
  }
}

TEST(StatusResponse, OnlyWhoAsksByAnAddressIsTold) {
  for (const auto* const host : {"127.0.0.1:9270", "192.0.2.1", "[::1]:9270", "localhost:9270", ""})
    EXPECT_FALSE(not_for(host, "/status.json")) << host;
  for (const auto* const host : {"evil.example:9270", "localhost.evil.example", "1.2.3.4.example"})
    for (const auto* const path : {"/", "/status", "/status.json"}) {
      const auto refused = not_for(host, path);
      ASSERT_TRUE(refused) << host;
      EXPECT_EQ(refused->status, 403);
    }
  EXPECT_FALSE(not_for("prometheus.example", "/metrics"));
}

TEST(StatusResponse, ThePolicyAllowsTheStyleOfThePageAndNothingElse) {
  const auto page = to_http(respond("GET", "/", sources()));
  EXPECT_THAT(page, HasSubstr("\r\nContent-Security-Policy: default-src 'none'; frame-ancestors "
                              "'none'; base-uri 'none'; form-action 'none'; style-src "
                              "'sha256-abc'\r\n"));
  EXPECT_THAT(page, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(to_http(respond("GET", "/status.json", sources())), Not(HasSubstr("style-src")));
}

TEST(StatusResponse, TheSameAsJson) {
  const auto response = respond("GET", "/status.json", sources());
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{}");
}

TEST(StatusResponse, SaysThatTheProgramIsTooBusy) {
  auto busy = sources();
  busy.status_page = [] { return std::nullopt; };
  busy.status_json = [] { return std::nullopt; };
  for (const auto* const path : {"/", "/status", "/status.json"}) {
    const auto response = respond("GET", path, busy);
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.content_type, HasSubstr("text/plain"));
    EXPECT_THAT(response.body, HasSubstr("too busy"));
  }
}

TEST(StatusResponse, NothingElseIsThere) {
  for (const auto* const path : {"/status/", "/Status", "/status.json/", "//", "", "/status?x"})
    EXPECT_EQ(respond("GET", path, sources()).status, 404) << path;
  for (const auto* const method : {"POST", "HEAD", "DELETE", "get"})
    EXPECT_EQ(respond(method, "/", sources()).status, 405) << method;
}

}  // namespace
}  // namespace portcullis::admin
