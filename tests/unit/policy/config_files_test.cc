// Several files, and what the environment puts into them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/load/environment_config.h"
#include "policy/load/interpolation.h"
#include "policy/load/where_to_ask.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kMain = R"([[host]]
domain = "a.example"
backend = { kind = "prosody", allow_clear_c2s = true }
[limits]
depth = 32
)";

Loaded load_files(const std::vector<std::string>& more, const Environment& environment = {},
                  std::string_view main = kMain) {
  ConfigSources sources{{{"/etc/p/p.toml", std::string(main)}}, "/etc/p", environment};
  for (std::size_t i = 0; i < more.size(); ++i)
    sources.texts.push_back({"/etc/p/conf.d/" + std::to_string(i) + ".toml", more[i]});
  return load_config(sources, std::nullopt);
}

TEST(ConfD, JoinsTablesAndAppendsHosts) {
  const auto loaded =
      load_files({"[limits]\nattributes = 32\n[federation]\ndeny = [\"x.example\"]\n",
                  "[[host]]\ndomain = \"b.example\"\nbackend.kind = \"openfire\"\n"
                  "[[s2s.rule]]\nmatch = [\"y.example\"]\nmin_tls = \"1.3\"\n"});
  ASSERT_TRUE(loaded.config) << testing::PrintToString(texts(loaded));
  const Config& config = *loaded.config;
  EXPECT_EQ(config.limits.depth, 32U);
  EXPECT_EQ(config.limits.attributes, 32U);
  ASSERT_EQ(config.hosts.size(), 2U);
  EXPECT_EQ(config.hosts[1].domain.a_label(), "b.example");
  EXPECT_EQ(config.hosts[1].backend.kind, BackendKind::kOpenfire);
  EXPECT_EQ(config.s2s.rules.size(), 1U);
  EXPECT_EQ(config.file, "/etc/p/p.toml");
  EXPECT_THAT(config.more_files, ElementsAre("/etc/p/conf.d/0.toml", "/etc/p/conf.d/1.toml"));
  EXPECT_EQ(config.lines.at("host[1].domain"), (SourceLine{"/etc/p/conf.d/1.toml", 2}));
  EXPECT_EQ(config.lines.at("limits.depth"), (SourceLine{"/etc/p/p.toml", 5}));
  EXPECT_EQ(config.lines.at("limits.attributes"), (SourceLine{"/etc/p/conf.d/0.toml", 2}));
}

TEST(ConfD, AKeyIsSetOnceOnly) {
  EXPECT_THAT(texts(load_files({"# x\n[limits]\ndepth = 32\n"})),
              ElementsAre("/etc/p/conf.d/0.toml:3:1: error: limits.depth is set already, see "
                          "/etc/p/p.toml:5; remove one"));
  EXPECT_THAT(texts(load_files({"[federation]\ndeny = [\"x.example\"]\n",
                                "federation.deny = [\"y.example\"]\n"})),
              ElementsAre("/etc/p/conf.d/1.toml:1:12: error: federation.deny is set already, see "
                          "/etc/p/conf.d/0.toml:2; remove one"));
}

TEST(ConfD, AKeyCannotBeATableToo) {
  for (const auto* other : {"limits = 3\n", "[[limits]]\ndepth = 3\n", "[host]\n", "host = []\n"})
    EXPECT_THAT(texts(load_files({other})), ElementsAre(HasSubstr("is set already, see ")))
        << other;
}

TEST(ConfD, FindingsNameTheirFile) {
  EXPECT_THAT(texts(load_files({"[limitz]\n",
                                "[[host]]\ndomain = \"A.example\"\n"
                                "backend = { kind = \"prosody\", allow_clear_c2s = true }\n"})),
              ElementsAre(HasSubstr("/etc/p/conf.d/0.toml:1:"),
                          "/etc/p/conf.d/1.toml:2:10: error: \"a.example\" is served already, see "
                          "/etc/p/p.toml:2; a domain or alias belongs to one host"));
}

TEST(ConfD, EveryFileThatIsNoTomlIsNamed) {
  const auto loaded = load_files({"[x\n", "a = " + std::string(100, '['), "y = \n"});
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(texts(loaded), ElementsAre(HasSubstr("/etc/p/conf.d/0.toml:1:"),
                                         HasSubstr("/etc/p/conf.d/1.toml:1:"),
                                         HasSubstr("/etc/p/conf.d/2.toml:1:")));
}

TEST(ConfD, PathsAreRelativeToTheFolderOfTheFirstFile) {
  const auto loaded = load_files({"[local_ca]\ndirectory = \"ca\"\n"});
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->local_ca.directory, "/etc/p/ca");
}

TEST(ConfD, AllFilesTogetherAreBounded) {
  const std::string half(600 * 1024, '#');
  EXPECT_TRUE(load_files({half}).config);
  EXPECT_THAT(texts(load_files({half, half})),
              ElementsAre(HasSubstr("p.toml: error: all files together are larger than 1 MiB")));
}

TEST(Interpolation, PutsVariablesIn) {
  const Environment environment{{"NAME", "a.example"}, {"EMPTY", ""}, {"_1", "x"}};
  const auto of = [&](std::string_view text) {
    const auto result = interpolate(text, environment);
    return result ? *result : "error: " + result.error().message;
  };
  EXPECT_EQ(of("${NAME}"), "a.example");
  EXPECT_EQ(of("conference.${NAME}:${_1}"), "conference.a.example:x");
  EXPECT_EQ(of("${EMPTY}"), "");
  EXPECT_EQ(of("${EMPTY:-d}"), "d");
  EXPECT_EQ(of("${NONE:-}"), "");
  EXPECT_EQ(of("${NONE:-/var/x y}"), "/var/x y");
  EXPECT_EQ(of("${NAME:-d}"), "a.example");
  EXPECT_EQ(of("$$"), "$");
  EXPECT_EQ(of("$${NAME}"), "${NAME}");
  EXPECT_EQ(of("$NAME $ $"), "$NAME $ $");
  EXPECT_EQ(of(""), "");
}

TEST(Interpolation, RefusesWhatItDoesNotKnow) {
  const Environment environment{{"BAD", "a\nb"}, {"BINARY", "\xff"}};
  for (const auto* text : {"${NONE}", "${", "${NAME", "${}", "${:-x}", "${1A}", "${A B}", "${A-B}",
                           "${a:x}", "${BAD}", "${BINARY}", "ok ${NONE} ok"})
    EXPECT_FALSE(interpolate(text, environment)) << text;
}

TEST(Interpolation, IsNotDoneTwice) {
  const Environment environment{{"A", "${B}"}, {"B", "x"}, {"C", "$$"}};
  EXPECT_EQ(*interpolate("${A}", environment), "${B}");
  EXPECT_EQ(*interpolate("${C}", environment), "$$");
}

TEST(Interpolation, CannotAddSyntax) {
  const auto loaded = load_files({"[policy]\ncontact = \"${WHO}\"\n"},
                                 {{"WHO", "x\" ] } # \\u0022 mode = 'observe'"}});
  ASSERT_TRUE(loaded.config) << testing::PrintToString(texts(loaded));
  EXPECT_EQ(loaded.config->contact, "x\" ] } # \\u0022 mode = 'observe'");
  EXPECT_EQ(loaded.config->mode, Mode::kEnforce);
}

TEST(Interpolation, ReachesEveryString) {
  const auto loaded = load_files({R"([federation]
deny = ["${X}", "*.${X}"]
[[s2s.rule]]
match = ["b.${X}"]
min_tls = "${TLS:-1.3}"
)"},
                                 {{"X", "x.example"}});
  ASSERT_TRUE(loaded.config) << testing::PrintToString(texts(loaded));
  EXPECT_THAT(loaded.config->federation.deny, ElementsAre("x.example", "*.x.example"));
  EXPECT_THAT(loaded.config->s2s.rules[0].match, ElementsAre("b.x.example"));
  EXPECT_EQ(loaded.config->s2s.rules[0].settings.min_tls, TlsVersion::kTls13);
}

TEST(Interpolation, FailsAtTheLineOfTheString) {
  EXPECT_THAT(texts(load_files({"[policy]\ncontact = \"${WHO}\"\nmode = \"${HOW\"\n"})),
              ElementsAre(HasSubstr("/etc/p/conf.d/0.toml:2:11: error: this holds ${WHO}, but the "
                                    "environment has no such variable; set it, or write "
                                    "${WHO:-DEFAULT}"),
                          HasSubstr("/etc/p/conf.d/0.toml:3:8: error: this holds \"${\"")));
}

TEST(Interpolation, IsBounded) {
  std::string many = "[federation]\ndeny = [";
  for (int i = 0; i < 40; ++i) many += "\"${X}\", ";
  const Environment environment{{"X", std::string(100'000, 'x')}};
  EXPECT_THAT(texts(load_files({many + "]\n"}, environment)),
              ElementsAre(HasSubstr("the configuration is larger than 1 MiB")));
}

Loaded load_environment(const Environment& environment) {
  const auto text = environment_config(environment);
  if (!text)
    return {std::nullopt, {{Diagnostic::Severity::kError, "e", 0, 0, text.error().message}}};
  return load_config({{*text}, "/etc/portcullis", environment}, std::nullopt);
}

TEST(EnvironmentConfig, StandsForOneHost) {
  auto loaded = load_environment({{"PORTCULLIS_DOMAIN", "a.example"},
                                  {"PORTCULLIS_ALIASES", "rooms.a.example, ,up.a.example"},
                                  {"PORTCULLIS_BACKEND", "prosody"},
                                  {"PORTCULLIS_ALLOW_CLEAR_C2S", "true"}});
  ASSERT_TRUE(loaded.config) << testing::PrintToString(texts(loaded));
  EXPECT_THAT(texts(loaded), IsEmpty());
  const auto& host = loaded.config->hosts.at(0);
  EXPECT_EQ(host.domain.a_label(), "a.example");
  EXPECT_EQ(host.aliases.size(), 2U);
  EXPECT_EQ(host.backend.s2s, (Endpoint{"127.0.0.1", 15269}));
  EXPECT_EQ(host.acme_dir, "/etc/portcullis/certs");

  loaded = load_environment({{"PORTCULLIS_DOMAIN", "a.example"},
                             {"PORTCULLIS_BACKEND", "xmpp"},
                             {"PORTCULLIS_C2S_TLS", "starttls"}});
  EXPECT_EQ(loaded.config.value().hosts[0].backend.c2s, (Endpoint{"xmpp", 15222}));
  loaded = load_environment(
      {{"PORTCULLIS_DOMAIN", "a.example"}, {"PORTCULLIS_BACKEND", "openfire@::1"}});
  EXPECT_EQ(loaded.config.value().hosts[0].backend.kind, BackendKind::kOpenfire);
  EXPECT_EQ(loaded.config.value().hosts[0].backend.s2s, (Endpoint{"::1", 15269}));
}

TEST(EnvironmentConfig, SaysHowTheClientPortIsReached) {
  const auto with = [](const Environment& more) {
    Environment all{{"PORTCULLIS_DOMAIN", "a.example"}, {"PORTCULLIS_BACKEND", "prosody@xmpp"}};
    all.insert(more.begin(), more.end());
    return load_environment(all);
  };
  EXPECT_THAT(texts(with({})), ElementsAre(HasSubstr("error: the passwords of your clients")));
  const auto secured = with({{"PORTCULLIS_C2S_TLS", "starttls"}});
  EXPECT_THAT(texts(secured), IsEmpty());
  EXPECT_EQ(secured.config.value().hosts[0].backend.c2s_tls, BackendTls::kStartTls);
  EXPECT_THAT(texts(with({{"PORTCULLIS_ALLOW_CLEAR_C2S", "true"}})), IsEmpty());
  EXPECT_FALSE(with({{"PORTCULLIS_ALLOW_CLEAR_C2S", "false"}}).config);
  for (const auto* wrong : {"yes", "1", "true, x = 1", "\"", "${HOME}"})
    EXPECT_FALSE(with({{"PORTCULLIS_ALLOW_CLEAR_C2S", wrong}}).config) << wrong;
  EXPECT_FALSE(with({{"PORTCULLIS_C2S_TLS", "on"}}).config);
}

TEST(EnvironmentConfig, SaysWhatIsMissingOrWrong) {
  using testing::Contains;
  EXPECT_THAT(texts(load_environment({{"PORTCULLIS_DOMAIN", "a.example"}})),
              ElementsAre(HasSubstr("PORTCULLIS_BACKEND is not")));
  EXPECT_THAT(texts(load_environment({{"PORTCULLIS_DOMAIN", ""}, {"PORTCULLIS_BACKEND", "x"}})),
              ElementsAre(HasSubstr("PORTCULLIS_DOMAIN is empty")));
  for (const auto* domain : {"a_b", "../a", "a\"\n[x]", "${HOME}", "a.example\nx"})
    EXPECT_THAT(texts(load_environment({{"PORTCULLIS_DOMAIN", domain},
                                        {"PORTCULLIS_BACKEND", "prosody"},
                                        {"PORTCULLIS_ALLOW_CLEAR_C2S", "true"}})),
                ElementsAre(HasSubstr("PORTCULLIS_DOMAIN, PORTCULLIS_BACKEND):2:")))
        << domain;
  for (const auto* backend : {"prosody@", "what@host", "xmpp:5269", "\", x = \""})
    EXPECT_FALSE(
        load_environment({{"PORTCULLIS_DOMAIN", "a.example"}, {"PORTCULLIS_BACKEND", backend}})
            .config)
        << backend;
}

}  // namespace
}  // namespace portcullis::policy
