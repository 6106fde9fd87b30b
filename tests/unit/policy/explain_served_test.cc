// What is said about a domain that is served behind the gate.

#include "policy/explain/explain_served.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

// a and rooms.a on one server, twin on the same one, b on another, old by dialback, web takes
// clients only.
Config config(const std::string& more = "") {
  const auto host = [](const std::string& names, const std::string& s2s,
                       const std::string& backend = "") {
    return "[[host]]\n" + names + "\nbackend = { s2s = \"" + s2s +
           "\", c2s = \"127.0.0.1:222\", allow_clear_c2s = true" + backend + " }\n";
  };
  auto loaded =
      load_text(host("domain = \"a.example\"\naliases = [\"rooms.a.example\"]", "127.0.0.1:15269") +
                host("domain = \"twin.example\"", "localhost:15269") +
                host("domain = \"b.example\"", "127.0.0.1:15270") +
                host("domain = \"old.example\"", "127.0.0.1:15271", ", s2s_auth = \"dialback\"") +
                host("domain = \"web.example\"", "off") + more);
  EXPECT_TRUE(loaded.config) << texts(loaded).front();
  return std::move(*loaded.config);
}

std::string verdicts(const ServedExplanation& served) {
  std::string all;
  for (const auto& pair : served.pairs)
    all += pair.local + " " +
           (pair.decision.refusal ? std::string(id(pair.decision.refusal->reason)) : "accepted") +
           "\n";
  return all;
}

TEST(ExplainServed, NamesTheHostItsLineAndItsServer) {
  const auto served = explain_served(config(), domain("b.example"), {});
  ASSERT_TRUE(served);
  EXPECT_EQ(served->host, "b.example");
  EXPECT_EQ(served->server, "127.0.0.1:15270");
  EXPECT_NE(served->origin.find(":"), std::string::npos) << served->origin;
  EXPECT_EQ(verdicts(*served),
            "a.example accepted\ntwin.example accepted\nold.example host_unknown\n"
            "web.example host_unknown\n");
}

TEST(ExplainServed, AnAliasIsOfItsHost) {
  const auto served = explain_served(config(), domain("rooms.a.example"), domain("b.example"));
  ASSERT_TRUE(served);
  EXPECT_EQ(served->host, "a.example");
  EXPECT_EQ(verdicts(*served), "b.example accepted\n");
}

TEST(ExplainServed, SaysNothingOfOthers) {
  EXPECT_FALSE(explain_served(config(), domain("peer.example"), {}));
  EXPECT_FALSE(explain_served(config(), domain("x.b.example"), domain("a.example")));
}

TEST(ExplainServed, SaysWhyHostsAreNotConnected) {
  const struct {
    std::string_view one;
    std::string_view other;
    std::string_view why;
  } cases[] = {{"a.example", "twin.example", "on one server by backend.s2s"},
               {"a.example", "rooms.a.example", "one server has both domains"},
               {"a.example", "web.example", "web.example takes no streams of other servers"},
               {"old.example", "b.example", "old.example is known by dialback only"}};
  for (const auto& each : cases) {
    for (const auto& [local, remote] : {std::pair(each.one, each.other), {each.other, each.one}}) {
      const auto served = explain_served(config(), domain(remote), domain(local));
      ASSERT_TRUE(served);
      EXPECT_EQ(served->pairs.at(0).decision.refusal->reason, Reason::kHostUnknown) << local;
      EXPECT_NE(served->pairs.at(0).why.find(each.why), std::string::npos)
          << served->pairs.at(0).why;
    }
  }
}

TEST(ExplainServed, SaysThatNothingGoesOut) {
  const auto served =
      explain_served(config("[outbound]\nlisten = []\n"), domain("b.example"), domain("a.example"));
  ASSERT_TRUE(served);
  EXPECT_EQ(served->pairs.at(0).why, "outbound.listen is empty");
}

TEST(ExplainServed, SaysWhatIsDenied) {
  const auto denying = config("[federation]\ndeny = [\"b.example\"]\n");
  for (const auto* const asked : {"a.example", "b.example"}) {
    const auto served =
        explain_served(denying, domain(asked), domain(asked[0] == 'a' ? "b.example" : "a.example"));
    ASSERT_TRUE(served);
    EXPECT_EQ(served->pairs.at(0).decision.refusal->reason, Reason::kNeighbourDenied);
    EXPECT_NE(served->pairs.at(0).why.find("b.example"), std::string::npos);
  }
}

TEST(ExplainServed, IsReadByPeople) {
  std::string all;
  for (const auto& line : lines(*explain_served(config(), domain("b.example"), {})))
    all += line + "\n";
  for (const auto* const part :
       {"b.example is served behind this gate\n", "  server      127.0.0.1:15270\n",
        "\na.example and b.example:\n  verdict     accepted\n",
        "\nweb.example and b.example:\n  verdict     rejected\n  reason      host_unknown\n",
        "  because     the server of web.example takes no streams"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

}  // namespace
}  // namespace portcullis::policy
