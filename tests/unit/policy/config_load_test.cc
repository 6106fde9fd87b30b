#include "policy/load/config_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config good(std::string_view toml) {
  auto loaded = load_text(toml);
  EXPECT_THAT(texts(loaded), IsEmpty());
  return std::move(loaded.config).value();
}

TEST(LoadConfig, TheLeastIsEnoughAndTheRestHasDefaults) {
  const auto config = good(kLeast);
  EXPECT_THAT(config.listen.s2s, ElementsAre(Endpoint{"::", 5269}));
  EXPECT_THAT(config.listen.s2s_direct, ElementsAre(Endpoint{"::", 5270}));
  EXPECT_THAT(config.listen.c2s, IsEmpty()) << "no host has a backend for clients";
  EXPECT_EQ(config.listen.admin, (Endpoint{"127.0.0.1", 9270}));
  ASSERT_EQ(config.hosts.size(), 1U);
  const auto& host = config.hosts[0];
  EXPECT_EQ(host.domain.a_label(), "a.example");
  EXPECT_THAT(host.aliases, IsEmpty());
  EXPECT_EQ(host.backend.s2s, (Endpoint{"127.0.0.1", 15269}));
  EXPECT_FALSE(host.backend.c2s);
  EXPECT_EQ(host.backend.c2s_proxy_protocol, ProxyProtocol::kOff);
  EXPECT_EQ(host.backend.s2s_proxy_protocol, ProxyProtocol::kOff);
  EXPECT_EQ(config.workers, 0U);
  EXPECT_TRUE(config.federation.allow_by_default);
  EXPECT_EQ(config.s2s.settings.roots, "system");
  EXPECT_EQ(config.limits.idle, hours(4));
  EXPECT_EQ(config.limits.stanza_bytes, 512U * 1024);
  EXPECT_EQ(config.process.user, "portcullis");
  EXPECT_EQ(config.process.group, "");
}

constexpr std::string_view kFull = R"(version = 1
workers = 3
[listen]
s2s = ["[::]:5269", "192.0.2.1:5269"]
s2s_direct = ["[::]:5270"]
c2s = ["[::]:5222"]
c2s_direct = ["[::]:5223"]
admin = "127.0.0.1:9270"
proxy_protocol_from = ["10.0.0.0/8", "2001:db8::/32"]
[outbound]
listen = ["127.0.0.2:5269"]
allow_networks = ["10.20.0.0/16", "fd00::/8"]
refuse_networks = ["192.0.2.7/32"]
[dns]
servers = ["127.0.0.1:5353"]
[local_ca]
directory = "local-ca"
[[host]]
domain = "B\u00fccher.example"
aliases = ["Rooms.b\u00fccher.example."]
certificates = [ { chain = "e.pem", key = "/keys/e.key" }, { chain = "r.pem", key = "r.key" } ]
[host.backend]
s2s = "xmpp_backend:15269"
c2s = "[::1]:15222"
c2s_tls = "starttls"
certificate = "backend.pem"
c2s_proxy_protocol = "v2"
s2s_proxy_protocol = "v1"
[[host]]
domain = "b.example"
certificates = [ { chain = "b.pem", key = "b.key" } ]
backend = { c2s = "127.0.0.1:15222", c2s_proxy_protocol = "v1", allow_clear_c2s = true }
[policy]
mode = "enforce"
contact = "xmpp:operator@example.org"
help_url = "https://example.org/xmpp#{reason}"
[federation]
default = "deny"
allow = ["*.B\u00fccher.example", "Friend.example."]
deny = ["spam.example"]
[s2s]
min_tls = "1.3"
roots = "roots.pem"
[c2s]
min_tls = "1.3"
[limits]
before_tls = "500ms"
negotiation = "9s"
login = "1m"
dial = "8s"
backend = "7s"
idle = "2h"
drain = "6s"
drain_notice = "0s"
stanza_bytes = "1MiB"
negotiation_bytes = 20000
login_bytes = "64KiB"
backend_stanza_bytes = "1MiB"
backend_depth = 100
backend_attributes = 200
depth = 32
attributes = 16
buffer_bytes = "64KiB"
inbound_connections = 500
outbound_connections = 501
client_connections = 502
refused_connections = 50
connections_per_address = 5
connections_per_ipv6_56 = 6
connections_per_ipv6_48 = 7
rate_per_address = 8
burst_per_address = 9
rate_per_ipv6_56 = 10
burst_per_ipv6_56 = 11
rate_per_ipv6_48 = 12
burst_per_ipv6_48 = 13
rate_total = 14
burst_total = 15
streams_per_domain = 16
stanza_rate = 17
memory = "600MiB"
held_bytes = "2MiB"
exempt = ["172.18.0.1/32"]
exempt_connections = 400
dials = 300
dials_per_domain = 3
[log]
format = "json"
debug = true
[process]
user = "xmpp-gate"
group = "xmpp"
)";

Config full() {
  auto loaded = load_config(kFull, "/etc/portcullis/p.toml");
  EXPECT_THAT(texts(loaded), IsEmpty());
  return std::move(loaded.config).value();
}

TEST(LoadConfig, ReadsListenersAndHosts) {
  const auto config = full();
  EXPECT_EQ(config.workers, 3U);
  EXPECT_THAT(config.listen.s2s, ElementsAre(Endpoint{"::", 5269}, Endpoint{"192.0.2.1", 5269}));
  EXPECT_THAT(config.listen.s2s_direct, ElementsAre(Endpoint{"::", 5270}));
  EXPECT_THAT(config.listen.c2s, ElementsAre(Endpoint{"::", 5222}));
  EXPECT_THAT(config.listen.c2s_direct, ElementsAre(Endpoint{"::", 5223}));
  EXPECT_EQ(config.listen.admin, (Endpoint{"127.0.0.1", 9270}));
  EXPECT_THAT(config.listen.proxy_protocol_from, ElementsAre("10.0.0.0/8", "2001:db8::/32"));
  EXPECT_THAT(config.outbound.listen, ElementsAre(Endpoint{"127.0.0.2", 5269}));
  EXPECT_THAT(config.outbound.allow_networks, ElementsAre("10.20.0.0/16", "fd00::/8"));
  EXPECT_THAT(config.outbound.refuse_networks, ElementsAre("192.0.2.7/32"));
  EXPECT_THAT(config.dns.servers, ElementsAre(Endpoint{"127.0.0.1", 5353}));
  ASSERT_EQ(config.hosts.size(), 2U);
  const auto& first = config.hosts[0];
  EXPECT_EQ(first.domain.a_label(), "xn--bcher-kva.example");
  ASSERT_EQ(first.aliases.size(), 1U);
  EXPECT_EQ(first.aliases[0].a_label(), "rooms.xn--bcher-kva.example");
  EXPECT_EQ(first.backend.s2s, (Endpoint{"xmpp_backend", 15269}));
  EXPECT_EQ(first.backend.c2s, (Endpoint{"::1", 15222}));
  EXPECT_EQ(first.backend.c2s_proxy_protocol, ProxyProtocol::kV2);
  EXPECT_EQ(first.backend.s2s_proxy_protocol, ProxyProtocol::kV1);
  const auto& second = config.hosts[1];
  EXPECT_EQ(second.domain.a_label(), "b.example");
  EXPECT_FALSE(second.backend.s2s);
  EXPECT_EQ(second.backend.c2s_proxy_protocol, ProxyProtocol::kV1);
}

TEST(LoadConfig, ReadsPolicyAndLog) {
  const auto config = full();
  EXPECT_EQ(config.mode, Mode::kEnforce);
  EXPECT_EQ(config.contact, "xmpp:operator@example.org");
  EXPECT_EQ(config.help_url, "https://example.org/xmpp#{reason}");
  EXPECT_FALSE(config.federation.allow_by_default);
  EXPECT_THAT(config.federation.allow, ElementsAre("*.xn--bcher-kva.example", "friend.example"));
  EXPECT_THAT(config.federation.deny, ElementsAre("spam.example"));
  EXPECT_EQ(config.s2s.settings.min_tls, TlsVersion::kTls13);
  EXPECT_EQ(config.c2s.min_tls, TlsVersion::kTls13);
  EXPECT_EQ(config.log.format, LogFormat::kJson);
  EXPECT_TRUE(config.log.debug);
  EXPECT_EQ(config.process.user, "xmpp-gate");
  EXPECT_EQ(config.process.group, "xmpp");
}

TEST(LoadConfig, ReadsLimits) {
  const auto limits = full().limits;
  EXPECT_EQ(limits.before_tls, milliseconds(500));
  EXPECT_EQ(limits.negotiation, seconds(9));
  EXPECT_EQ(limits.login, minutes(1));
  EXPECT_EQ(limits.dial, seconds(8));
  EXPECT_EQ(limits.backend, seconds(7));
  EXPECT_EQ(limits.idle, hours(2));
  EXPECT_EQ(limits.drain, seconds(6));
  EXPECT_EQ(limits.drain_notice, seconds(0));
  EXPECT_EQ(limits.stanza_bytes, 1024U * 1024);
  EXPECT_EQ(limits.negotiation_bytes, 20'000U);
  EXPECT_EQ(limits.login_bytes, 64U * 1024);
  EXPECT_EQ(limits.backend_stanza_bytes, 1024U * 1024);
  EXPECT_EQ(limits.backend_depth, 100U);
  EXPECT_EQ(limits.backend_attributes, 200U);
  EXPECT_EQ(limits.depth, 32U);
  EXPECT_EQ(limits.attributes, 16U);
  EXPECT_EQ(limits.buffer_bytes, 64U * 1024);
  EXPECT_EQ(limits.inbound_connections, 500U);
  EXPECT_EQ(limits.outbound_connections, 501U);
  EXPECT_EQ(limits.client_connections, 502U);
  EXPECT_EQ(limits.connections(), 1503U);
  EXPECT_EQ(limits.refused_connections, 50U);
  EXPECT_EQ(limits.connections_per_address, 5U);
  EXPECT_EQ(limits.connections_per_ipv6_56, 6U);
  EXPECT_EQ(limits.connections_per_ipv6_48, 7U);
  EXPECT_EQ(limits.rate_per_address, 8U);
  EXPECT_EQ(limits.burst_per_address, 9U);
  EXPECT_EQ(limits.rate_per_ipv6_56, 10U);
  EXPECT_EQ(limits.burst_per_ipv6_56, 11U);
  EXPECT_EQ(limits.rate_per_ipv6_48, 12U);
  EXPECT_EQ(limits.burst_per_ipv6_48, 13U);
  EXPECT_EQ(limits.rate_total, 14U);
  EXPECT_EQ(limits.burst_total, 15U);
  EXPECT_EQ(limits.streams_per_domain, 16U);
  EXPECT_EQ(limits.stanza_rate, 17U);
  EXPECT_EQ(limits.memory, 600U * 1024 * 1024);
  EXPECT_EQ(limits.held_bytes, 2U * 1024 * 1024);
  EXPECT_EQ(limits.dials, 300U);
  EXPECT_EQ(limits.dials_per_domain, 3U);
}

TEST(LoadConfig, PathsAreRelativeToTheFile) {
  const auto config = full();
  EXPECT_EQ(config.local_ca.directory, "/etc/portcullis/local-ca");
  EXPECT_EQ(config.s2s.settings.roots, "/etc/portcullis/roots.pem");
  EXPECT_EQ(config.hosts[0].certificates[0].chain, "/etc/portcullis/e.pem");
  EXPECT_EQ(config.hosts[0].certificates[0].key, "/keys/e.key");
  EXPECT_EQ(config.hosts[0].certificates[1].key, "/etc/portcullis/r.key");
  EXPECT_EQ(config.hosts[0].backend.certificate, "/etc/portcullis/backend.pem");
  EXPECT_EQ(good(kLeast).local_ca.directory, "ca");
}

TEST(LoadConfig, AWarningDoesNotStandInTheWay) {
  const auto loaded = load_least_and("[federation]\nallow = [\"b.example\"]\n");
  EXPECT_TRUE(loaded.config);
  EXPECT_THAT(texts(loaded),
              ElementsAre("p.toml:13:9: warning: federation.allow has no effect while "
                          "federation.default is \"allow\""));
}

TEST(LoadConfig, AnErrorLeavesNoConfiguration) {
  const auto loaded = load_least_and("[log]\ndebug = 1\n");
  EXPECT_FALSE(loaded.config);
  EXPECT_TRUE(has_errors(loaded.diagnostics));
}

TEST(LoadConfig, RefusesALargeText) {
  const std::string comment = "#" + std::string(1024 * 1024, 'x');
  EXPECT_THAT(texts(load_text(comment)),
              ElementsAre(HasSubstr("p.toml: error: the file is larger than 1 MiB")));
  const std::string fits =
      std::string(kLeast) + "#" + std::string(1024 * 1024 - kLeast.size() - 1, 'x');
  EXPECT_TRUE(load_text(fits).config);
}

TEST(LoadConfig, BoundsWhatAHostileFileCanReport) {
  std::string toml(kLeast);
  for (int i = 0; i < 40'000; ++i) toml += "k" + std::to_string(i) + " = 1\n";
  const auto loaded = load_text(toml);
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(loaded.diagnostics.size(), 501U);
  EXPECT_THAT(loaded.diagnostics.back().text(), HasSubstr("more findings than are shown"));
}

}  // namespace
}  // namespace portcullis::policy
