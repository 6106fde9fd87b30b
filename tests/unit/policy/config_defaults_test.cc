// What holds where the configuration is silent.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config good(std::string_view toml) {
  auto loaded = load_text(toml);
  EXPECT_THAT(texts(loaded), IsEmpty());
  return std::move(loaded.config).value();
}

constexpr std::string_view kThreeLines = R"([[host]]
domain = "a.example"
backend.kind = "prosody"
)";
// Those, and that nobody else has an account on the machine.
const std::string kQuiet = std::string(kThreeLines) + "backend.allow_clear_c2s = true\n";

TEST(Defaults, ThreeLinesAreEnough) {
  const auto loaded = load_text(kThreeLines);
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(texts(loaded),
              ElementsAre(HasSubstr("p.toml:3:16: warning: any user of this machine")));
  const auto& config = *loaded.config;
  EXPECT_THAT(config.listen.s2s, ElementsAre(Endpoint{"::", 5269}));
  EXPECT_THAT(config.listen.s2s_direct, ElementsAre(Endpoint{"::", 5270}));
  EXPECT_THAT(config.listen.c2s, ElementsAre(Endpoint{"::", 5222}));
  EXPECT_THAT(config.listen.c2s_direct, ElementsAre(Endpoint{"::", 5223}));
  EXPECT_THAT(config.outbound.listen, ElementsAre(Endpoint{"127.0.0.2", 5269}));
  EXPECT_EQ(config.listen.admin, (Endpoint{"127.0.0.1", 9270}));
  EXPECT_EQ(config.listen.control, "/run/portcullis/control.sock");
  EXPECT_EQ(config.local_ca.directory, "/var/lib/portcullis/local-ca");
  const auto& host = config.hosts.at(0);
  EXPECT_THAT(host.certificates, IsEmpty());
  EXPECT_EQ(host.acme_dir, "/etc/portcullis/certs");
  EXPECT_EQ(host.backend.s2s, (Endpoint{"127.0.0.1", 15269}));
  EXPECT_EQ(host.backend.c2s, (Endpoint{"127.0.0.1", 15222}));
  EXPECT_EQ(host.backend.certificate, "/etc/portcullis/backend.pem");
}

TEST(Defaults, OffAndAnEmptyListTurnAListenerOff) {
  const auto config = good(kQuiet + R"([listen]
s2s = "off"
s2s_direct = []
c2s_direct = "off"
admin = "off"
control = "off"
)");
  EXPECT_THAT(config.listen.s2s, IsEmpty());
  EXPECT_THAT(config.listen.s2s_direct, IsEmpty());
  EXPECT_THAT(config.listen.c2s, ElementsAre(Endpoint{"::", 5222}));
  EXPECT_THAT(config.listen.c2s_direct, IsEmpty());
  EXPECT_FALSE(config.listen.admin);
  EXPECT_EQ(config.listen.control, "");
}

// Nobody has asked for the default one.
TEST(Defaults, AControlSocketThatIsWrittenIsDemandedAlsoIfItIsTheDefault) {
  EXPECT_FALSE(good(kQuiet).listen.control_demanded);
  const auto config = good(kQuiet + "[listen]\ncontrol = \"/run/portcullis/control.sock\"\n");
  EXPECT_EQ(config.listen.control, policy::Listen().control);
  EXPECT_TRUE(config.listen.control_demanded);
}

TEST(Defaults, AListThatIsWrittenTakesThePlaceOfTheDefault) {
  const auto config = good(kQuiet + "[listen]\ns2s = [\"192.0.2.1:5269\"]\n");
  EXPECT_THAT(config.listen.s2s, ElementsAre(Endpoint{"192.0.2.1", 5269}));
}

TEST(Defaults, ListenersThatNoBackendServesAreNotOpened) {
  const auto clients = good(kQuiet + "backend.s2s = \"off\"\n");
  EXPECT_THAT(clients.listen.s2s, IsEmpty());
  EXPECT_THAT(clients.listen.s2s_direct, IsEmpty());
  EXPECT_THAT(clients.outbound.listen, IsEmpty());
  EXPECT_THAT(clients.listen.c2s, ElementsAre(Endpoint{"::", 5222}));
  EXPECT_EQ(clients.local_ca.directory, "") << "nobody needs it, so it need not be there";

  const auto servers = good(kQuiet + "backend.c2s = \"off\"\n");
  EXPECT_THAT(servers.listen.s2s, ElementsAre(Endpoint{"::", 5269}));
  EXPECT_THAT(servers.listen.c2s, IsEmpty());
  EXPECT_THAT(servers.listen.c2s_direct, IsEmpty());
}

TEST(Defaults, OneHostWithABackendIsEnoughForAListener) {
  const auto config = good(kQuiet + "backend.c2s = \"off\"\n" +
                           "[[host]]\ndomain = \"b.example\"\nbackend.kind = \"openfire\"\n"
                           "backend.s2s = \"127.0.0.1:16269\"\nbackend.certificate = \"b.pem\"\n"
                           "backend.allow_clear_c2s = true\n");
  EXPECT_THAT(config.listen.c2s, ElementsAre(Endpoint{"::", 5222}));
}

TEST(Defaults, AListenerThatIsWrittenIsOpenedAllTheSame) {
  const auto loaded =
      load_text(kQuiet + "backend.c2s = \"off\"\n[listen]\nc2s = [\"[::]:5222\"]\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->listen.c2s, ElementsAre(Endpoint{"::", 5222}));
  EXPECT_THAT(texts(loaded), ElementsAre(HasSubstr("no host has backend.c2s; all are refused")));
}

TEST(Defaults, NothingFromOutsideIsAnError) {
  EXPECT_THAT(
      texts(load_text(kQuiet + "[listen]\ns2s = \"off\"\ns2s_direct = \"off\"\nc2s = \"off\"\n"
                               "c2s_direct = \"off\"\n")),
      ElementsAre(HasSubstr("p.toml:5:1: error: nothing from outside is listened for")));
}

TEST(Defaults, TheBackendMustBeSomewhere) {
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\n")),
              ElementsAre(HasSubstr("p.toml:1:1: error: host.backend does not say where the "
                                    "server is; write kind = \"prosody\"")));
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend = { s2s = \"off\" }\n")),
              ElementsAre(HasSubstr("p.toml:3:11: error: host.backend does not say where")));
}

TEST(Defaults, AHostBringsThePortsOfItsKind) {
  const auto backend = good(
                           "[[host]]\ndomain = \"a.example\"\nbackend = { host = \"xmpp_1\", "
                           "allow_clear_c2s = true }\n")
                           .hosts[0]
                           .backend;
  EXPECT_EQ(backend.kind, BackendKind::kOther);
  EXPECT_EQ(backend.s2s, (Endpoint{"xmpp_1", 15269}));
  EXPECT_EQ(backend.c2s, (Endpoint{"xmpp_1", 15222}));
  const auto v6 = good(
                      "[[host]]\ndomain = \"a.example\"\nbackend = { host = \"[::1]\", c2s = "
                      "\"off\" }\n")
                      .hosts[0]
                      .backend;
  EXPECT_EQ(v6.s2s, (Endpoint{"::1", 15269}));
  EXPECT_FALSE(v6.c2s);
  for (const auto* bad : {"xmpp:5269", "", "[::1]:1", "a/b", "a b"})
    EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend = { host = \"" +
                                std::string(bad) + "\" }\n")),
                testing::Contains(HasSubstr("neither an IP address nor a host name")))
        << bad;
}

TEST(Defaults, TheLoopbackPortOfOurOwnListenerIsNotTheBackend) {
  EXPECT_THAT(texts(load_text(
                  "[[host]]\ndomain = \"a.example\"\nbackend = { s2s = \"127.0.0.1:5269\" }\n")),
              ElementsAre("p.toml:3:19: error: \"127.0.0.1:5269\" is our own listener (by default "
                          "listen.s2s), not the backend; give the backend another port"));
  EXPECT_TRUE(
      load_text("[[host]]\ndomain = \"a.example\"\nbackend = { s2s = \"xmpp:5269\" }\n").config);
}

TEST(Kinds, OfAServerWithoutExternalDoDialback) {
  const auto config = good(
      "[[host]]\ndomain = \"a.example\"\nbackend.kind = \"jabberd2\"\n"
      "backend.allow_clear_c2s = true\n");
  const auto& backend = config.hosts[0].backend;
  EXPECT_EQ(backend.s2s, (Endpoint{"127.0.0.1", 15269}));
  EXPECT_EQ(backend.s2s_auth, BackendAuth::kDialback);
  EXPECT_FALSE(backend.shows_certificate());
  EXPECT_THAT(config.listen.s2s, ElementsAre(Endpoint{"::", 5269}));
  EXPECT_EQ(config.local_ca.directory, "") << "nobody trusts it";
}

TEST(Kinds, OfAServerWithoutExternalCannotDoTls) {
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend = { kind = \"jabberd2\", "
                              "allow_clear_c2s = true, s2s_auth = \"tls\" }\n")),
              ElementsAre(HasSubstr("warning: no stream between servers will succeed")));
  EXPECT_EQ(good("[[host]]\ndomain = \"a.example\"\nbackend = { kind = \"prosody\", "
                 "allow_clear_c2s = true }\n")
                .hosts[0]
                .backend.s2s_auth,
            BackendAuth::kTls);
}

TEST(Kinds, TheLocalCaIsNeededAsSoonAsOneServerTrustsIt) {
  const std::string by_dialback =
      "[[host]]\ndomain = \"a.example\"\n[host.backend]\ns2s = \"127.0.0.1:1\"\n"
      "s2s_auth = \"dialback\"\n";
  const std::string by_tls =
      "[[host]]\ndomain = \"b.example\"\n[host.backend]\ns2s = \"127.0.0.1:2\"\n";
  EXPECT_EQ(good(by_dialback).local_ca.directory, "");
  const auto both = load_text(by_dialback + by_tls);  // that they do not find one another is told
  ASSERT_TRUE(both.config);
  EXPECT_NE(both.config->local_ca.directory, "");
  EXPECT_EQ(good("[local_ca]\ndirectory = \"/ca\"\n" + by_dialback).local_ca.directory, "/ca");
}

TEST(Kinds, WithDialbackNobodyIsObserved) {
  const std::string host =
      "[[host]]\ndomain = \"a.example\"\n[host.backend]\ns2s = \"127.0.0.1:1\"\n";
  const std::string by_dialback = host + "s2s_auth = \"dialback\"\n";
  const std::string observes = "[policy]\nmode = \"observe\"\n";
  const std::string observes_one = "[[s2s.rule]]\nmatch = [\"lab.example\"]\nmode = \"observe\"\n";
  for (const auto& observed : {observes, observes_one})
    EXPECT_THAT(texts(load_text(by_dialback + observed)),
                ElementsAre(HasSubstr("p.toml:5:12: warning: this host is not observed")));
  EXPECT_THAT(texts(load_text(by_dialback)), IsEmpty());
  EXPECT_THAT(texts(load_text(host + observes)), IsEmpty());
}

TEST(Kinds, DialbackStaysOnThisMachine) {
  const auto with = [](const std::string& backend) {
    return texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend = { " + backend + " }\n"));
  };
  for (const auto* const where : {"192.0.2.1:5269", "xmpp:5269", "[2001:db8::1]:5269"}) {
    const auto s2s = "s2s = \"" + std::string(where) + "\"";
    EXPECT_THAT(
        with(s2s + ", s2s_auth = \"dialback\""),
        ElementsAre(AllOf(HasSubstr("p.toml:3:"), HasSubstr("error: \"" + std::string(where)),
                          HasSubstr("is not on loopback"))));
    EXPECT_THAT(with(s2s), IsEmpty()) << "with certificates any network will do";
  }
  for (const auto* const where : {"127.0.0.1:1023", "127.8.0.1:1", "[::1]:999"})
    EXPECT_THAT(with("s2s = \"" + std::string(where) + "\", s2s_auth = \"dialback\""), IsEmpty());
  const std::string open = "s2s = \"127.0.0.1:1024\", s2s_auth = \"dialback\"";
  EXPECT_THAT(
      with(open),
      ElementsAre(HasSubstr("warning: any user of this machine can open \"127.0.0.1:1024\"")));
  EXPECT_THAT(with(open + ", allow_clear_c2s = true"), IsEmpty());
  EXPECT_THAT(with("kind = \"jabberd2\", host = \"192.0.2.1\", s2s = \"off\", "
                   "allow_clear_c2s = true"),
              IsEmpty());
}

TEST(Kinds, WarnAboutTheProxyProtocol) {
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend.kind = \"ejabberd\"\n"
                              "backend.allow_clear_c2s = true\n")),
              ElementsAre(HasSubstr("warning: ejabberd sees all clients at one address")));
  for (const auto* word : {"off", "v2"})
    good(
        "[[host]]\ndomain = \"a.example\"\nbackend = { kind = \"ejabberd\", allow_clear_c2s = "
        "true, c2s_proxy_protocol = "
        "\"" +
        std::string(word) + "\" }\n");
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend = { kind = \"openfire\", "
                              "allow_clear_c2s = true, c2s_proxy_protocol = \"v1\" }\n")),
              ElementsAre(HasSubstr("warning: clients may be unable to log in: Openfire")));
}

TEST(Kinds, WarnAboutTheProxyProtocolToTheServerPort) {
  const auto with = [](const std::string& kind) {
    return texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend = { kind = \"" + kind +
                           "\", allow_clear_c2s = true, c2s_proxy_protocol = \"off\", "
                           "s2s_proxy_protocol = \"v2\" }\n"));
  };
  for (const std::string kind : {"prosody", "openfire"})
    EXPECT_THAT(with(kind), ElementsAre(HasSubstr("warning: other servers may not get in: ")))
        << kind;
  EXPECT_THAT(with("ejabberd"), testing::IsEmpty());
}

Diagnostics tlv_findings(const std::string& types, const std::string& version = "v2",
                         const std::string& from = "\"192.0.2.1/32\"") {
  return load_text("[listen]\nproxy_protocol_from = [" + from +
                   "]\n[[host]]\ndomain = \"a.example\"\nbackend = { kind = \"ejabberd\", "
                   "allow_clear_c2s = true, c2s_proxy_protocol = \"" +
                   version + "\", proxy_tlvs = [" + types + "] }\n")
      .diagnostics;
}

TEST(Tlvs, OfMakersAndTheAuthorityGoOn) {
  const auto loaded = load_text(
      "[listen]\nproxy_protocol_from = [\"192.0.2.1/32\"]\n[[host]]\ndomain = \"a.example\"\n"
      "backend = { kind = \"ejabberd\", allow_clear_c2s = true, c2s_proxy_protocol = \"v2\", "
      "proxy_tlvs = [0x02, 5, 0xEA, 0xFF] }\n");
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_THAT(loaded.config->hosts[0].backend.proxy_tlvs, ElementsAre(0x02, 0x05, 0xEA, 0xFF));
}

TEST(Tlvs, OfTheBalancersOwnConnectionDoNot) {
  for (const auto* const type : {"0x01", "0x03", "0x04", "0x20", "0x25", "0x30"}) {
    const auto found = tlv_findings(type);
    ASSERT_EQ(found.size(), 1U) << type;
    EXPECT_THAT(found[0].text(), HasSubstr("error: host.backend.proxy_tlvs")) << type;
    EXPECT_THAT(found[0].text(), HasSubstr("the balancer's own connection")) << type;
  }
}

TEST(Tlvs, AreNumbersOfOneOctet) {
  for (const auto* const type : {"0", "256", "-1", "\"unique-id\"", "1.5"}) {
    const auto found = tlv_findings(type);
    ASSERT_EQ(found.size(), 1U) << type;
    EXPECT_THAT(found[0].text(), HasSubstr("error: host.backend.proxy_tlvs")) << type;
  }
}

TEST(Tlvs, WarnWhereTheyCannotGoOn) {
  const auto in_version_1 = tlv_findings("0xEA", "v1");
  ASSERT_EQ(in_version_1.size(), 1U);
  EXPECT_THAT(in_version_1[0].text(), HasSubstr("warning: host.backend.proxy_tlvs has no effect: "
                                                "neither s2s_proxy_protocol"));
  const auto without_balancer = tlv_findings("0xEA", "v2", "");
  ASSERT_EQ(without_balancer.size(), 1U);
  EXPECT_THAT(without_balancer[0].text(), HasSubstr("no balancer is named"));
  EXPECT_THAT(tlv_findings("", "v1", ""), IsEmpty());
}

TEST(Kinds, AreAClosedList) {
  EXPECT_THAT(texts(load_text("[[host]]\ndomain = \"a.example\"\nbackend.kind = \"metronome\"\n")),
              ElementsAre(HasSubstr("error: host.backend.kind cannot be \"metronome\"; allowed: "
                                    "\"prosody\", \"ejabberd\"")));
  for (const auto& kind : backend_kinds()) {
    EXPECT_EQ(backend_kind_from_name(kind.name), kind.kind);
    EXPECT_FALSE(hint_lines(kind, "/ca").empty());
    for (const auto& [title, text] : hint_lines(kind, "/ca"))
      EXPECT_EQ(text.find("{local_ca}"), std::string::npos) << title;
  }
  EXPECT_FALSE(backend_kind_from_name("Prosody"));
}

TEST(Folders, OfAHostTakeThePlaceOfThatAtTheTop) {
  const auto config = good(R"(acme_dir = "/etc/letsencrypt"
[[host]]
domain = "a.example"
backend.kind = "prosody"
backend.allow_clear_c2s = true
[[host]]
domain = "b.example"
acme_dir = "lego"
backend.kind = "prosody"
backend.allow_clear_c2s = true
[[host]]
domain = "c.example"
certificates = [ { chain = "c.pem", key = "k.pem" } ]
backend.kind = "prosody"
backend.allow_clear_c2s = true
)");
  EXPECT_EQ(config.hosts[0].acme_dir, "/etc/letsencrypt");
  EXPECT_EQ(config.hosts[1].acme_dir, "lego");
  EXPECT_EQ(config.hosts[2].acme_dir, "") << "its certificates are named";
}

TEST(Limits, ExemptAddressesLeavePlacesForOthers) {
  const auto with = [](std::string_view more) {
    return load_text(kQuiet + "[limits]\n" + std::string(more));
  };
  EXPECT_THAT(texts(with("exempt = [\"172.18.0.1/32\", \"fd00::/8\"]\n")), IsEmpty());
  EXPECT_THAT(texts(with("exempt = [\"172.18.0.1/32\"]\nclient_connections = 500\n")),
              ElementsAre(HasSubstr("warning: addresses in limits.exempt can take every")));
  EXPECT_THAT(texts(with("inbound_connections = 500\n")), IsEmpty()) << "nothing is exempt";
  EXPECT_THAT(texts(with("exempt = [\"172.18.0.1\"]\n")),
              ElementsAre(HasSubstr("is no CIDR block")));
}

}  // namespace
}  // namespace portcullis::policy
