// What rules say of proxies: how it is read, and every finding, octet by octet.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/explain/explain.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kOnion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";

std::string rule(const std::string& match, const std::string& rest) {
  return "[[s2s.rule]]\nmatch = [" + match + "]\n" + rest + "\n";
}

S2sSettings read(const std::string& rest, const std::string& match = "\"*.onion\"") {
  const auto loaded = load_least_today(rule(match, rest));
  EXPECT_THAT(texts(loaded), IsEmpty());
  return loaded.config ? loaded.config->s2s.rules.at(0).settings : S2sSettings();
}

TEST(Via, IsASocksProxy) {
  EXPECT_EQ(read("via = \"socks5://127.0.0.1:9050\"").via, (Endpoint{"127.0.0.1", 9050}));
  const auto settings =
      read("via = \"socks5://[::1]:9150\"\nvia_for = \"any\"\nvia_port = 5299", "\"*.example\"");
  EXPECT_EQ(settings.via, (Endpoint{"::1", 9150}));
  EXPECT_EQ(settings.via_for, ViaFor::kAny);
  EXPECT_EQ(settings.via_port, 5299);
}

TEST(Via, IsOffByDefaultAndByWord) {
  EXPECT_FALSE(read("max_chain = 1").via);
  EXPECT_FALSE(read("via = \"off\"\nmax_chain = 1").via);
  EXPECT_EQ(S2sSettings().via_for, ViaFor::kOnion);
  EXPECT_EQ(S2sSettings().via_port, 5269);
}

// Another port of this machine is somebody else's, and another address of a listener that has one.
TEST(Via, MayBeBesideOurListeners) {
  for (const auto* const proxy : {"127.0.0.2:9270", "127.0.0.3:5353", "[::1]:9050"})
    EXPECT_TRUE(read("via = \"socks5://" + std::string(proxy) + "\"").via) << proxy;
}

TEST(Via, IsExplained) {
  const auto loaded = load_least_today(rule("\"*.onion\"", "via = \"socks5://127.0.0.1:9050\""));
  const auto told = lines(explain_domain(*loaded.config, DomainName::parse(kOnion).value(), {}));
  EXPECT_THAT(told, Contains("via                = \"socks5://127.0.0.1:9050\"  (p.toml:14)"));
  EXPECT_THAT(told, Contains("via_for            = \"onion\"  (default)"));
  EXPECT_THAT(lines(explain_domain(*loaded.config, DomainName::parse("b.example").value(), {})),
              Contains("via                = \"off\"  (default)"));
}

TEST(Via, StandsInRulesOnly) {
  const auto found = texts(load_least_today("[s2s]\nvia = \"socks5://127.0.0.1:9050\"\n"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], testing::HasSubstr("unknown key \"via\""));
}

struct Row {
  std::string rest;      // of the rule, from line 14 on
  std::string expected;  // behind "p.toml:"
  std::string match = "\"*.onion\"";
};

class ViaFinding : public testing::TestWithParam<Row> {};

TEST_P(ViaFinding, IsTheOnlyOne) {
  const auto loaded = load_least_today(rule(GetParam().match, GetParam().rest));
  EXPECT_THAT(texts(loaded), ElementsAre("p.toml:" + GetParam().expected));
  EXPECT_EQ(loaded.config.has_value(),
            GetParam().expected.find(": warning: ") != std::string::npos);
}

Row wrong(const std::string& value, const std::string& why) {
  return {"via = \"" + value + "\"", "14:7: error: s2s.rule.via \"" + value + "\" " + why +
                                         "; write \"socks5://127.0.0.1:9050\" or "
                                         "\"socks5://[::1]:9050\""};
}
const std::string kScheme = "does not begin with \"socks5://\"";
const std::string kAddress = "names no address with a port";

const std::string kVia = "via = \"socks5://127.0.0.1:9050\"\n";

INSTANTIATE_TEST_SUITE_P(
    Values, ViaFinding,
    testing::Values(
        wrong("127.0.0.1:9050", kScheme), wrong("socks5h://127.0.0.1:9050", kScheme),
        wrong("socks4://127.0.0.1:9050", kScheme), wrong("http://127.0.0.1:9050", kScheme),
        wrong("SOCKS5://127.0.0.1:9050", kScheme), wrong("socks5://", kAddress),
        wrong("socks5://127.0.0.1", kAddress), wrong("socks5://127.0.0.1:0", kAddress),
        wrong("socks5://127.0.0.1:65536", kAddress), wrong("socks5://127.0.0.1:9050/", kAddress),
        wrong("socks5://::1:9050", kAddress),
        wrong("socks5://localhost:9050", "names the proxy by a name, not by an IP address"),
        wrong("socks5://tor:9050", "names the proxy by a name, not by an IP address"),
        wrong("socks5://0.0.0.0:9050", "names every address of this machine, not one"),
        wrong("socks5://[::]:9050", "names every address of this machine, not one"),
        wrong("socks5://me:word@127.0.0.1:9050",
              "names a user; the gate logs in to the proxy by the name of the remote domain, if "
              "at all"),
        Row{"via = 9050",
            "14:7: error: s2s.rule.via must be a string such as \"socks5://127.0.0.1:9050\", "
            "found an integer"},
        Row{kVia + "via_for = \"all\"",
            "15:11: error: s2s.rule.via_for cannot be \"all\"; allowed: \"onion\", \"any\""},
        Row{kVia + "via_port = 0", "15:12: error: s2s.rule.via_port must be from 1 to 65535"}));

INSTANTIATE_TEST_SUITE_P(
    Uses, ViaFinding,
    testing::Values(
        Row{"via = \"socks5://192.0.2.1:9050\"",
            "14:7: warning: whoever reads the network on the way to \"192.0.2.1:9050\" sees which "
            "domains are called, because SOCKS is not encrypted; run the proxy on this machine"},
        Row{"via = \"socks5://127.0.0.1:5269\"",
            "14:7: error: \"127.0.0.1:5269\" is our own, see listen.s2s: no proxy answers there, "
            "and we never call ourselves; name the address of the proxy"},
        Row{"via = \"socks5://127.0.0.2:5269\"",
            "14:7: error: \"127.0.0.2:5269\" is our own, see listen.s2s: no proxy answers there, "
            "and we never call ourselves; name the address of the proxy"},
        Row{"via = \"socks5://127.0.0.1:9270\"",
            "14:7: error: \"127.0.0.1:9270\" is our own, see listen.admin: no proxy answers there, "
            "and we never call ourselves; name the address of the proxy"},
        Row{kVia,
            "14:7: warning: s2s.rule.via has no effect: no name in match is below .onion; set "
            "via_for = \"any\" if these domains are to be called through the proxy",
            "\"b.example\", \"*.c.example\""},
        Row{"max_chain = 1\nvia_for = \"any\"",
            "15:11: warning: s2s.rule.via_for has no effect without via"},
        Row{"max_chain = 1\nvia_port = 15269",
            "15:12: warning: s2s.rule.via_port has no effect without via"},
        Row{kVia + "via_for = \"any\"",
            "13:23: error: \"localhost\" is this machine and is never called through a proxy; "
            "take it out of the rule with via",
            "\"b.example\", \"localhost\""},
        Row{kVia + "via_for = \"any\"",
            "13:10: error: \"a.example\" is a domain of this gate and is never called through a "
            "proxy; take it out of the rule with via",
            "\"a.example\""},
        Row{"max_chain = 1",
            "13:10: error: s2s.rule.match "
            "\"ag6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion\" is no onion "
            "service: the checksum in the name is wrong, so a character of it is",
            "\"ag6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion\""}));

}  // namespace
}  // namespace portcullis::policy
