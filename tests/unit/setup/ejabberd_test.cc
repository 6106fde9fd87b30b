#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/setup/ejabberd_plan.h"

namespace portcullis::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr char kPackaged[] = R"(# ejabberd
hosts:
  - legacy.example

certfiles:
  - "/etc/ejabberd/ejabberd.pem"
#  - /etc/letsencrypt/live/localhost/privkey.pem

define_macro:
  'TLS_OPTIONS':
    - "no_sslv3"

listen:
  -
    port: 5222
    ip: "::"
    module: ejabberd_c2s
    shaper: c2s_shaper
    starttls_required: true
    protocol_options: 'TLS_OPTIONS'
  -
    port: 5223
    module: ejabberd_c2s
    tls: true
  # other servers
  - port: 5269
    ip: "::"
    module: ejabberd_s2s_in
    max_stanza_size: 524288
  -
    port: 5443
    module: ejabberd_http
    tls: true
    request_handlers:
      /ws: ejabberd_http_ws

s2s_use_starttls: required

modules:
  mod_muc:
    access:
      - allow
  mod_pubsub: {}
  mod_s2s_dialback: {}
  mod_vcard:
    search: false
)";

TEST(EjabberdFacts, OfThePackagedFile) {
  const auto facts = facts_of(kPackaged);
  EXPECT_THAT(facts.server.hosts, ElementsAre("legacy.example"));
  EXPECT_THAT(facts.server.components,
              ElementsAre("conference.legacy.example", "pubsub.legacy.example"));
  EXPECT_THAT(facts.server.client_ports, ElementsAre(5222, 5223));
  EXPECT_THAT(facts.server.server_ports, ElementsAre(5269));
  EXPECT_THAT(facts.certificate_files, ElementsAre("/etc/ejabberd/ejabberd.pem"));
  ASSERT_EQ(facts.server.notes.size(), 1U);
  EXPECT_THAT(facts.server.notes[0], HasSubstr("port 5443"));
  EXPECT_THAT(facts.by_hand, IsEmpty());
}

TEST(EjabberdFacts, FollowMacrosAndIncludedFiles) {
  const auto facts = facts_of(
      "define_macro:\n  HOSTS: [a.example, b.example]\n  ROOMS: \"rooms.@HOST@\"\n"
      "hosts: HOSTS\ninclude_config_file:\n  - modules.yml\n",
      [](const std::string& path) -> Result<std::string> {
        EXPECT_EQ(path, "modules.yml");
        return std::string(
            "modules:\n  mod_muc:\n    host: ROOMS\n  mod_vcard:\n    search: true\n");
      });
  EXPECT_THAT(facts.server.hosts, ElementsAre("a.example", "b.example"));
  EXPECT_THAT(facts.server.components, UnorderedElementsAre("rooms.a.example", "rooms.b.example",
                                                            "vjud.a.example", "vjud.b.example"));
  EXPECT_THAT(facts.by_hand, ElementsAre(HasSubstr("modules.yml has \"modules\"")));
}

TEST(EjabberdFacts, TellWhatASingleHostSaysForItself) {
  const auto facts = facts_of(
      "hosts: [a.example, b.example]\n"
      "append_host_config:\n  b.example:\n    s2s_use_starttls: required\n"
      "    modules:\n      mod_s2s_dialback: {}\n      mod_muc: {}\n");
  EXPECT_THAT(facts.server.components, ElementsAre("conference.b.example"));
  EXPECT_THAT(facts.by_hand, ElementsAre(HasSubstr("s2s_use_starttls for b.example"),
                                         HasSubstr("mod_s2s_dialback")));
}

TEST(EjabberdFacts, KnowComponentsThatAreProgramsOfTheirOwn) {
  const auto facts = facts_of(
      "hosts: [a.example]\nlisten:\n  - port: 8888\n    module: ejabberd_service\n"
      "    hosts:\n      sms.a.example:\n        password: secret\n");
  EXPECT_THAT(facts.server.components, ElementsAre("sms.a.example"));
}

TEST(EjabberdFacts, EndWhereMacrosAndFilesNameThemselves) {
  const auto facts =
      facts_of("define_macro:\n  A: B\n  B: A\nhosts: A\ninclude_config_file: x.yml\n",
               [](const std::string&) -> Result<std::string> {
                 return std::string("include_config_file: x.yml\n");
               });
  EXPECT_THAT(facts.server.files, ElementsAre("ejabberd.yml", "x.yml"));
  int count = 0;
  const auto endless =
      ejabberd_facts("ejabberd.yml", "include_config_file: 0.yml\n",
                     [&](const std::string&) -> Result<std::string> {
                       return "include_config_file: " + std::to_string(++count) + ".yml\n";
                     });
  EXPECT_FALSE(endless);
}

TEST(EjabberdFacts, SayWhichFileIsNoYaml) {
  const auto facts = ejabberd_facts("ejabberd.yml", "hosts: [\n", &no_file);
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().message, HasSubstr("ejabberd.yml: line "));
  const auto gone = ejabberd_facts("ejabberd.yml", "include_config_file: gone.yml\n", &no_file);
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().message, HasSubstr("gone.yml"));
}

TEST(EjabberdLines, MoveTheListenersAndKeepWhatElseTheySay) {
  const auto change = changed(kPackaged, ejabberd_plan(Mode::kEnforce));
  EXPECT_THAT(change.by_hand, IsEmpty());
  const auto facts = facts_of(change.text);
  EXPECT_THAT(facts.server.client_ports, ElementsAre(15222));
  EXPECT_THAT(facts.server.server_ports, ElementsAre(15269));
  EXPECT_THAT(change.text, HasSubstr("    module: ejabberd_c2s\n    use_proxy_protocol: true\n"));
  EXPECT_THAT(change.text, HasSubstr("    shaper: c2s_shaper\n"));
  EXPECT_THAT(change.text, Not(HasSubstr("starttls_required")));
  EXPECT_THAT(change.text, HasSubstr("  # other servers\n"));
  EXPECT_THAT(change.text, HasSubstr("    port: 5443\n"));
  EXPECT_THAT(change.text, HasSubstr("#  - /etc/letsencrypt/live/localhost/privkey.pem\n"));
  EXPECT_THAT(facts.certificate_files,
              ElementsAre("/etc/ejabberd/ejabberd.pem", "/etc/ejabberd/portcullis.pem"));
}

TEST(EjabberdLines, GoByTheMode) {
  const auto strict = changed(kPackaged, ejabberd_plan(Mode::kEnforce)).text;
  EXPECT_THAT(strict, HasSubstr("\ns2s_use_starttls: required\n"));
  EXPECT_THAT(strict, Not(HasSubstr("mod_s2s_dialback")));
  EXPECT_THAT(strict, HasSubstr("s2s_cafile: /var/lib/portcullis/local-ca/ca.pem\n"));
  const auto lenient = changed(strict, ejabberd_plan(Mode::kObserve)).text;
  EXPECT_THAT(lenient, HasSubstr("\ns2s_use_starttls: optional\n"));
  EXPECT_THAT(lenient, HasSubstr("\n  mod_s2s_dialback: {}\n"));
  EXPECT_EQ(facts_of(lenient).server.components.size(), 2U);
}

TEST(EjabberdLines, ChangeNothingTheSecondTime) {
  for (const auto mode : {Mode::kObserve, Mode::kEnforce}) {
    const auto once = changed(kPackaged, ejabberd_plan(mode)).text;
    EXPECT_EQ(changed(once, ejabberd_plan(mode)).text, once);
  }
}

TEST(EjabberdLines, TakeEveryWordForFalse) {
  for (const std::string word : {"false", "off", "no", "n"}) {
    const auto change = changed(
        "hosts:\n  - legacy.example\nlisten:\n  - port: 5222\n    module: ejabberd_c2s\n    tls: " +
            word + "\n  - port: 5269\n    module: ejabberd_s2s_in\nmodules:\n  mod_muc: {}\n",
        ejabberd_plan(Mode::kEnforce));
    EXPECT_THAT(change.by_hand, IsEmpty()) << word;
    EXPECT_THAT(facts_of(change.text).server.client_ports, ElementsAre(15222)) << word;
  }
}

TEST(EjabberdLines, AddAHostThatIsNew) {
  auto plan = ejabberd_plan(Mode::kObserve);
  plan.hosts.push_back({"new.example", {}, true});
  EXPECT_THAT(facts_of(changed(kPackaged, plan).text).server.hosts,
              ElementsAre("legacy.example", "new.example"));
}

TEST(EjabberdLines, RefuseLineEndsThatAreCountedInAnotherWay) {
  EXPECT_FALSE(ejabberd_lines("hosts:\r\n  - a.example\r\n", ejabberd_plan(Mode::kObserve)));
  EXPECT_FALSE(
      ejabberd_lines("a: 1\xC2\x85"
                     "b: 2\n",
                     ejabberd_plan(Mode::kObserve)));
  EXPECT_FALSE(ejabberd_lines("- a list\n", ejabberd_plan(Mode::kObserve)));
}

}  // namespace
}  // namespace portcullis::setup
