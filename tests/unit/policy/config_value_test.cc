// One wrong value at a time: what is said, and where.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::ElementsAre;

struct Row {
  std::string_view more;      // behind the least configuration, from line 12 on
  std::string_view expected;  // the only finding
};

class WrongValue : public testing::TestWithParam<Row> {};

TEST_P(WrongValue, IsTheOnlyFindingAndSaysWhereAndWhat) {
  const auto loaded = load_least_and(GetParam().more);
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(texts(loaded), ElementsAre(std::string(GetParam().expected)));
}

const std::vector<Row> kWords{
    {"[policy]\nmode = \"watch\"",
     "p.toml:13:8: error: policy.mode cannot be \"watch\"; allowed: \"observe\", \"enforce\""},
    {"[federation]\ndefault = \"Allow\"",
     "p.toml:13:11: error: federation.default cannot be \"Allow\"; allowed: \"allow\", \"deny\""},
    {"[s2s]\nmin_tls = \"1.1\"",
     "p.toml:13:11: error: s2s.min_tls cannot be \"1.1\"; allowed: \"1.2\", \"1.3\"; the floor can "
     "only rise"},
    {"[c2s]\nmin_tls = 1.2",
     "p.toml:13:11: error: c2s.min_tls must be a string, one of \"1.2\", \"1.3\", found a number "
     "with "
     "a fraction"},
    {"[log]\nformat = \"xml\"",
     "p.toml:13:10: error: log.format cannot be \"xml\"; allowed: \"auto\", \"text\", \"json\""},
    {"c2s_proxy_protocol = true",
     "p.toml:12:22: error: host.backend.c2s_proxy_protocol must be a string, one of \"off\", "
     "\"v1\", "
     "\"v2\", found true or false"},
    {"[log]\ndebug = \"yes\"",
     "p.toml:13:9: error: log.debug must be true or false, found a string"},
    {"[s2s]\nroots = \"dane\"",
     "p.toml:13:9: error: s2s.roots cannot be \"dane\": reserved, not built yet; write \"system\" "
     "or a "
     "PEM file"},
    {"[s2s]\nroots = \"\"", "p.toml:13:9: error: s2s.roots is empty; write a path"},
    {"[s2s]\nroots = \"a\\u0000b\"", "p.toml:13:9: error: s2s.roots is no path"},
    {"[s2s]\nroots = []",
     "p.toml:13:9: error: s2s.roots must be a string with a path, found a list"},
    {"[policy]\ncontact = \"a\\nb\"",
     "p.toml:13:11: error: policy.contact contains a character that cannot be shown; remove it"},
    {"[policy]\nhelp_url = \"ftp://a.example\"",
     "p.toml:13:12: error: policy.help_url must begin with \"https://\" or \"http://\""},
    {"[policy]\ncontact = 2027-01-01",
     "p.toml:13:11: error: policy.contact must be a string, found a date or time"},
};
INSTANTIATE_TEST_SUITE_P(Words, WrongValue, testing::ValuesIn(kWords));

const std::vector<Row> kQuantities{
    {"[limits]\nidle = \"0s\"", "p.toml:13:8: error: limits.idle must be from 100ms to 168h"},
    {"[limits]\nidle = \"169h\"", "p.toml:13:8: error: limits.idle must be from 100ms to 168h"},
    {"[limits]\nbefore_tls = \"99ms\"",
     "p.toml:13:14: error: limits.before_tls must be from 100ms to 10m"},
    {"[limits]\ndial = 10",
     "p.toml:13:8: error: limits.dial must be a duration such as \"500ms\", \"10s\", \"5m\" or "
     "\"4h\", found an integer"},
    {"[limits]\ndial = \"-10s\"",
     "p.toml:13:8: error: limits.dial must be a duration such as \"500ms\", \"10s\", \"5m\" or "
     "\"4h\""},
    {"[limits]\nstanza_bytes = \"1MB\"",
     "p.toml:13:16: error: limits.stanza_bytes must be a size such as \"512KiB\", \"1MiB\" or "
     "10000"},
    {"[limits]\nstanza_bytes = 9999",
     "p.toml:13:16: error: limits.stanza_bytes must be from 10000 to 16MiB"},
    {"[limits]\nstanza_bytes = -1",
     "p.toml:13:16: error: limits.stanza_bytes must be from 10000 to 16MiB"},
    {"[limits]\nstanza_bytes = 9223372036854775807",
     "p.toml:13:16: error: limits.stanza_bytes must be from 10000 to 16MiB"},
    {"[limits]\nstanza_bytes = 1e5",
     "p.toml:13:16: error: limits.stanza_bytes must be a size such as \"512KiB\", \"1MiB\" or "
     "10000, "
     "found a number with a fraction"},
    {"[limits]\ndepth = 0", "p.toml:13:9: error: limits.depth must be from 8 to 256"},
    {"[limits]\ndepth = \"64\"",
     "p.toml:13:9: error: limits.depth must be an integer, found a string"},
    {"[limits]\nclient_connections = 0",
     "p.toml:13:22: error: limits.client_connections must be from 1 to 1000000"},
    {"[limits]\nconnections_per_address = -5",
     "p.toml:13:27: error: limits.connections_per_address must be from 1 to 1000000"},
};
INSTANTIATE_TEST_SUITE_P(Quantities, WrongValue, testing::ValuesIn(kQuantities));

const std::vector<Row> kNames{
    {"[dns]\nservers = [\"127.0.0.1\"]",
     "p.toml:13:12: error: dns.servers \"127.0.0.1\" has no port; write \"127.0.0.1:53\""},
    {"[c2s]\n[outbound]\nlisten = [\"127.0.0.2\"]",
     "p.toml:14:11: error: outbound.listen \"127.0.0.2\" has no port; write \"127.0.0.2:5269\""},
    {"[dns]\nservers = [\"::1\"]",
     "p.toml:13:12: error: dns.servers \"::1\" is no address: an IPv6 address needs brackets; "
     "write "
     "\"127.0.0.1:5269\", \"[::1]:5269\" or \"name:5269\""},
    {"[dns]\nservers = [\"resolver:53\"]",
     "p.toml:13:12: error: dns.servers must be an IP address with a port, not a name: "
     "\"resolver:53\""},
    {"[dns]\nservers = \"127.0.0.1:53\"",
     "p.toml:13:11: error: dns.servers must be a list of addresses with ports, found a string"},
    {"[dns]\nservers = [53]",
     "p.toml:13:12: error: dns.servers must be a string such as \"127.0.0.1:5269\", found an "
     "integer"},
    {"[dns]\nservers = [\"127.0.0.1\\u0000x:53\"]",
     "p.toml:13:12: error: dns.servers contains a NUL character; remove it"},
    {"c2s = \"a,b:5222\"",
     "p.toml:12:7: error: host.backend.c2s \"a,b:5222\" holds neither an IP address nor a host "
     "name"},
    {"[federation]\ndeny = [\"*\"]",
     "p.toml:13:9: error: federation.deny \"*\" is every domain; set federation.default instead"},
    {"[federation]\ndeny = [\"f*.a.example\"]",
     "p.toml:13:9: error: federation.deny \"f*.a.example\" is no pattern: \"*\" may stand only in "
     "front, as \"*.suffix\""},
    {"[federation]\ndeny = [\"*.*.example\"]",
     "p.toml:13:9: error: federation.deny \"*.*.example\" is no pattern: \"*\" may stand only in "
     "front, as \"*.suffix\""},
    {"[federation]\ndeny = [\"*.\"]",
     "p.toml:13:9: error: federation.deny \"\" is no domain name: it is empty"},
    {"[federation]\ndeny = [\"a_b.example\"]",
     "p.toml:13:9: error: federation.deny \"a_b.example\" is no domain name: a label is empty, too "
     "long, or not letters, digits and '-'"},
    {"[federation]\ndeny = [\"127.0.0.1\"]",
     "p.toml:13:9: error: federation.deny \"127.0.0.1\" is no domain name: it is an IP address"},
    {"[federation]\ndeny = [\"a.example\", 7]",
     "p.toml:13:22: error: federation.deny must be a string with a domain name or \"*.suffix\", "
     "found "
     "an integer"},
};
INSTANTIATE_TEST_SUITE_P(Names, WrongValue, testing::ValuesIn(kNames));

const std::vector<Row> kKeys{
    {"[limts]\nidle = \"4h\"",
     "p.toml:12:2: error: unknown key \"limts\"; did you mean \"limits\"?"},
    {"[limits]\nidel = \"4h\"",
     "p.toml:13:1: error: unknown key \"idel\" in [limits]; did you mean \"idle\"?"},
    {"certifcate = \"b.pem\"",
     "p.toml:12:1: error: unknown key \"certifcate\" in [host.backend]; did you mean "
     "\"certificate\"?"},
    {"[log]\nhelp_url = \"https://a.example\"",
     "p.toml:13:1: error: unknown key \"help_url\" in [log]; it belongs into [policy]"},
    {"[backend]\nkind = \"prosody\"",
     "p.toml:12:2: error: unknown key \"backend\"; write [host.backend], below its [[host]]"},
    {"[[rule]]\nmatch = [\"a.example\"]",
     "p.toml:12:3: error: unknown key \"rule\"; write [[s2s.rule]]"},
    {"[s2s.exceptions]\nwhy = \"\"",
     "p.toml:12:6: error: unknown key \"exceptions\" in [s2s]; did you mean \"exception\"?"},
    {"[log]\nversion = 1",
     "p.toml:13:1: error: unknown key \"version\" in [log]; it belongs before the first table"},
    {"[log]\nzzzzzzzz = 1",
     "p.toml:13:1: error: unknown key \"zzzzzzzz\" in [log]; known here: format, debug"},
    {"[s2s]\ndane = true",
     "p.toml:13:1: error: \"dane\" is reserved: DANE (RFC 7671) is not built yet; remove it"},
    {"[posh]\nuse = true",
     "p.toml:12:2: error: \"posh\" is reserved: POSH (RFC 7711) is not built yet; remove it"},
    {"[s2s]\nrequire_dane = true",
     "p.toml:13:1: error: \"require_dane\" is reserved: DANE (RFC 7671) is not built yet; remove "
     "it"},
    {"[log]\n\"\\u001b[2J\" = 1",
     "p.toml:13:1: error: unknown key \"?[2J\" in [log]; known here: format, debug"},
    {"[[log]]\ndebug = true", "p.toml:12:1: error: log must be a table, found a list"},
};
INSTANTIATE_TEST_SUITE_P(Keys, WrongValue, testing::ValuesIn(kKeys));

class Network : public testing::TestWithParam<std::string> {};

TEST_P(Network, ThatIsNoCidrBlockIsRefused) {
  const auto loaded = load_text(
      "version = 1\n[listen]\nc2s = [\"[::]:5222\"]\nproxy_protocol_from = [\"" + GetParam() +
      "\"]\n[[host]]\ndomain = \"a.example\"\ncertificates = [ { chain = "
      "\"c\", key = \"k\" } ]\nbackend = { c2s = \"127.0.0.1:5\" }\n");
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_TRUE(loaded.diagnostics[0].message.ends_with(
      R"(is no CIDR block; write "10.0.0.0/8" or "2001:db8::/32")"));
}

INSTANTIATE_TEST_SUITE_P(Networks, Network,
                         testing::Values("", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                                         "10.0.0.0/8x", "10.0.0/8", "/8", "::/129", "[::]/0",
                                         "a.example/8", "10.0.0.0/99999999999"));

}  // namespace
}  // namespace portcullis::policy
