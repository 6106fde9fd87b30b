#include "proxy/setup/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/load/config_load.h"
#include "proxy/setup/guide.h"
#include "proxy/setup/xml_facts.h"

namespace portcullis::setup {
namespace {

using policy::BackendKind;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ServerFacts two_hosts() {
  ServerFacts facts;
  facts.hosts = {"localhost", "a.example", "b.example"};
  facts.components = {"conference.a.example", "rooms.b.example", "elsewhere.example",
                      "conference.localhost"};
  return facts;
}

TEST(ChooseHosts, TakesAllButLocalhost) {
  std::vector<std::string> notes;
  const auto hosts = choose_hosts(two_hosts(), {}, notes);
  ASSERT_TRUE(hosts) << hosts.error().message;
  ASSERT_EQ(hosts->size(), 2U);
  EXPECT_THAT((*hosts)[0].aliases, ElementsAre("conference.a.example", "elsewhere.example"));
  EXPECT_THAT((*hosts)[1].aliases, ElementsAre("rooms.b.example"));
  EXPECT_THAT(notes, IsEmpty());
}

TEST(ChooseHosts, TellsWhoIsCutOffAndWhoIsNew) {
  std::vector<std::string> notes;
  const auto hosts = choose_hosts(two_hosts(), {"A.example", "new.example", "a.example"}, notes);
  ASSERT_TRUE(hosts);
  ASSERT_EQ(hosts->size(), 2U);
  EXPECT_EQ((*hosts)[0].domain, "a.example") << "as the server spells it";
  EXPECT_FALSE((*hosts)[0].is_new);
  EXPECT_TRUE((*hosts)[1].is_new);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("does not have new.example yet"),
                                 HasSubstr("serves b.example, too")));
  EXPECT_THAT((*hosts)[0].aliases, Not(Contains("rooms.b.example")));
}

TEST(ChooseHosts, NeedsADomain) {
  std::vector<std::string> notes;
  ServerFacts facts;
  facts.hosts = {"localhost"};
  EXPECT_FALSE(choose_hosts(facts, {}, notes));
  EXPECT_FALSE(choose_hosts(facts, {"no domain"}, notes));
  EXPECT_TRUE(choose_hosts(facts, {"a.example"}, notes));
}

TEST(GateFile, IsTakenForEveryKindAndMode) {
  for (const auto& kind : policy::backend_kinds()) {
    for (const auto mode : {Mode::kObserve, Mode::kEnforce}) {
      Plan plan;
      plan.kind = kind.kind;
      plan.mode = mode;
      plan.hosts = {{"a.example", {"conference.a.example"}, false}, {"b.example", {}, false}};
      plan.local_ca = "/srv/ca";
      plan.pins = "/srv/backend.pem";
      plan.default_places = mode == Mode::kObserve;
      const auto loaded = policy::load_config(gate_file(plan), "portcullis.toml");
      ASSERT_TRUE(loaded.config) << gate_file(plan) << loaded.diagnostics.front().text();
      EXPECT_EQ(loaded.config->hosts.size(), 2U);
      EXPECT_EQ(loaded.config->mode == policy::Mode::kObserve, mode == Mode::kObserve);
    }
  }
}

TEST(GateFile, QuotesPathsAndNamesTheFolderOfCertificatesElsewhere) {
  Plan plan;
  plan.kind = BackendKind::kProsody;
  plan.hosts = {{"a.example", {}, false}};
  plan.local_ca = "/srv/a \"b\"/${HOME}";
  plan.pins = "/srv/back\\slash.pem";
  plan.certificates = "/srv/certs";
  plan.default_places = false;
  const auto loaded = policy::load_config(gate_file(plan), "portcullis.toml");
  ASSERT_TRUE(loaded.config) << gate_file(plan) << loaded.diagnostics.front().text();
  EXPECT_EQ(loaded.config->local_ca.directory, plan.local_ca);
  EXPECT_THAT(gate_file(plan), HasSubstr("acme_dir = \"/srv/certs\""));
  plan.default_places = true;
  EXPECT_THAT(gate_file(plan), Not(HasSubstr("acme_dir")));
}

TEST(GateFile, SaysOnASharedMachineThatPasswordsGoInTheClear) {
  Plan plan;
  plan.kind = BackendKind::kProsody;
  plan.hosts = {{"a.example", {}, false}};
  plan.shared_machine = true;
  EXPECT_THAT(gate_file(plan), Not(HasSubstr("allow_clear_c2s = true")));
}

TEST(Guide, HasTheBlocksThatSetupWrites) {
  EXPECT_THAT(guide_block(BackendKind::kProsody, "prosody.cfg.lua"), HasSubstr("s2s_ports"));
  EXPECT_THAT(guide_block(BackendKind::kProsody, "observe.cfg.lua"), HasSubstr("s2s_secure_auth"));
  EXPECT_THAT(guide_block(BackendKind::kEjabberd, "ejabberd.yml"), HasSubstr("\nlisten:\n"));
  EXPECT_THAT(guide_block(BackendKind::kEjabberd, "observe.yml"), HasSubstr("optional"));
  EXPECT_THAT(guide_block(BackendKind::kEjabberd, "inetrc"), HasSubstr("nameserver"));
  EXPECT_THAT(guide_block(BackendKind::kOpenfire, "keystores.sh"), HasSubstr("keytool"));
  EXPECT_THAT(guide_block(BackendKind::kJabberd2, "s2s.xml"), HasSubstr("<s2s>"));
  EXPECT_THAT(
      guide_table(BackendKind::kOpenfire, "## While Portcullis"),
      Contains(std::pair<std::string, std::string>("xmpp.server.dialback.enabled", "true")));
  EXPECT_EQ(guide_block(BackendKind::kProsody, "absent"), "");
}

TEST(Guide, ABlockThatDoesNotEndIsNone) {
  EXPECT_EQ(block_of("<!-- file: a -->\n```\nx\n", "a"), "");
  EXPECT_EQ(block_of("  <!-- file: a -->\n  ```sh\n  x\n    y\n  ```\n", "a"), "x\n  y\n");
}

TEST(XmlSettings, OfOpenfire) {
  const auto settings = parse_xml_settings(
      "<?xml version='1.0'?><jive><xmpp><domain> a.example </domain><socket><plain>"
      "<port>5222</port></plain></socket></xmpp><adminConsole><port>9090</port></adminConsole></"
      "jive>");
  ASSERT_TRUE(settings) << settings.error().message;
  const auto facts = openfire_facts(*settings);
  EXPECT_THAT(facts.hosts, ElementsAre("a.example"));
  EXPECT_THAT(facts.components, ElementsAre("conference.a.example", "pubsub.a.example"));
  EXPECT_THAT(facts.client_ports, ElementsAre(5222));
  EXPECT_THAT(facts.notes, ElementsAre(HasSubstr("database")));
}

TEST(XmlSettings, OfJabberd2) {
  const auto settings = parse_xml_settings(
      "<c2s><id>c2s</id><local><id register-enable='mu'>a.example</id><id>b.example</id>"
      "<port>5222</port></local><!-- <id>no.example</id> --></c2s>");
  ASSERT_TRUE(settings);
  const auto facts = jabberd2_facts(*settings);
  EXPECT_THAT(facts.hosts, ElementsAre("a.example", "b.example"));
  EXPECT_THAT(facts.client_ports, ElementsAre(5222));
}

TEST(XmlSettings, RefuseWhatNoConfigurationIs) {
  EXPECT_FALSE(parse_xml_settings(""));
  EXPECT_FALSE(parse_xml_settings("<jive><a></jive>"));
  const auto doctype = parse_xml_settings(
      "<!DOCTYPE jive [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><jive>&b;</jive>");
  ASSERT_FALSE(doctype);
  EXPECT_THAT(doctype.error().message, HasSubstr("DTD"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  EXPECT_FALSE(parse_xml_settings(deep));
  EXPECT_FALSE(parse_xml_settings(std::string(kMostConfigOctets + 1, ' ')));
}

}  // namespace
}  // namespace portcullis::setup
