// Every value of a configuration can be shown, with where it comes from, and read again.

#include "policy/load/config_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "policy/load/config_keys.h"
#include "tests/support/source_tree.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kMuch = R"(version = 1
workers = 2
[listen]
s2s = ["[::]:5269"]
c2s = "off"
admin = "off"
[outbound]
listen = ["127.0.0.2:5269"]
[local_ca]
directory = "/ca"
[policy]
mode = "observe"
[s2s]
min_tls = "1.3"
[[s2s.rule]]
match = ["bank.example", "*.bank.example"]
auth = ["pin"]
pins = ["spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
[[s2s.exception]]
domain = "lab.example"
allow = ["self_signed"]
pins = ["spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
until = 2027-01-15
why = "it says \"soon\""
[[host]]
domain = "münchen.example"
aliases = ["conference.münchen.example"]
certificates = [ { chain = "/c.pem", key = "/k.pem" } ]
[host.backend]
kind = "prosody"
certificate = "/b.pem"
[limits]
idle = "4h"
stanza_bytes = "1MiB"
)";

Config loaded(std::string_view toml) {
  auto result = load_config(toml, "p.toml");
  EXPECT_TRUE(result.config) << testing::PrintToString(texts(result)) << toml;
  return result.config ? *result.config : Config();
}

TEST(ConfigValues, AreThoseOfEveryKeyInTheReference) {
  const auto config = loaded(kMuch);
  std::set<std::string> shown;
  for (const auto& table : values_of(config))
    for (const auto& value : table.values)
      shown.insert(table.header + " " + std::string(value.name));
  for (const auto& key : config_keys()) {
    if (key.table == "host.certificates") continue;  // within the lists of pairs
    const bool is_list =
        key.table == "host" || key.table == "s2s.rule" || key.table == "s2s.exception";
    const std::string header = key.table.empty() ? ""
                               : is_list         ? "[[" + key.table + "]]"
                                                 : "[" + key.table + "]";
    EXPECT_TRUE(shown.count(header + " " + std::string(key.name))) << key.table << "." << key.name;
  }
}

TEST(ConfigText, TellsTheLineOfWhatAFileSays) {
  const auto text = config_text(loaded(kMuch), Shown::kAll);
  EXPECT_THAT(text, ContainsRegex("\nworkers = 2 +# p.toml:2\n"));
  EXPECT_THAT(text, ContainsRegex("\n\\[s2s\\]\n(.*\n)*min_tls = \"1.3\" +# p.toml:14\n"));
  EXPECT_THAT(text, ContainsRegex("\nuntil = 2027-01-15 +# p.toml:23\n"));
  EXPECT_THAT(text, HasSubstr("\nwhy = \"it says \\\"soon\\\"\""));
  EXPECT_THAT(text, HasSubstr("\ndomain = \"münchen.example\"")) << "as it was written";
  EXPECT_THAT(text, HasSubstr("\ncertificates = [ { chain = \"/c.pem\", key = \"/k.pem\" } ]"));
}

TEST(ConfigText, TellsWhatEverythingElseComesFrom) {
  const auto text = config_text(loaded(kMuch), Shown::kAll);
  EXPECT_THAT(text, ContainsRegex("\n#min_rsa_bits = 2048 +# default\n"));
  EXPECT_THAT(text, ContainsRegex("\n#c2s = \"127.0.0.1:15222\" +# by its kind and host\n"));
  EXPECT_THAT(text, ContainsRegex("\n#mode = \"observe\" +# as p.toml:12\n(.*\n)*#min_tls = "
                                  "\"1.3\" +# as p.toml:14\n"))
      << "of the rule";
  EXPECT_THAT(text, ContainsRegex("\n\\[c2s\\]\n#mode = \"observe\" +# as in \\[policy\\]\n"));
}

TEST(ConfigText, SaysOffWhereSomethingIsOff) {
  const auto text = config_text(loaded(kMuch), Shown::kAll);
  EXPECT_THAT(text, ContainsRegex("\nc2s = \\[\\] +# p.toml:5\n"));
  EXPECT_THAT(text, ContainsRegex("\nadmin = \"off\" +# p.toml:6\n"));
  EXPECT_THAT(text, ContainsRegex("\n#dns_forward = \"off\" +# default\n"));
}

TEST(ConfigText, WithChangedHasNothingThatIsTheDefault) {
  const auto text = config_text(loaded(kMuch), Shown::kChanged);
  EXPECT_THAT(text, Not(HasSubstr("#c2s")));
  EXPECT_THAT(text, Not(HasSubstr("idle"))) << "given, and the same as the default";
  EXPECT_THAT(text, Not(HasSubstr("[federation]")));
  EXPECT_THAT(text, HasSubstr("stanza_bytes = \"1MiB\""));
  EXPECT_THAT(text, HasSubstr("[[host]]\ndomain = "));
}

// What a text gives is what it was written from.
TEST(ConfigText, ReadAgainIsTheSame) {
  std::ifstream file(test::in_source_tree("deploy/portcullis.toml"));
  std::ostringstream example;
  example << file.rdbuf();
  const std::string kind = "[[host]]\ndomain = \"a.example\"\n[host.backend]\nkind = ";
  // What restates a default holds against what would come in its place.
  const std::vector<std::string> all{
      std::string(kMuch),
      std::string(kLeast),
      example.str(),
      kind + "\"prosody\"\nc2s = \"off\"\n",
      kind + "\"jabberd2\"\ns2s_auth = \"tls\"\n",
      kind +
          "\"prosody\"\n[policy]\nmode = \"observe\"\n[c2s]\nmode = \"enforce\"\n"
          "[[s2s.rule]]\nmatch = [\"b.example\"]\nmode = \"enforce\"\n",
      kind +
          "\"prosody\"\n[s2s]\nrevocation = \"off\"\n"
          "[[s2s.rule]]\nmatch = [\"b.example\"]\nrevocation = \"crl-soft\"\n",
      kind + "\"prosody\"\ns2s = \"off\"\n[listen]\ns2s = [\"[::]:5269\"]\n",
      kind + "\"prosody\"\n[policy]\nhelp_url = \"https://h.example/$${X}/$$$$\"\n"};
  for (const auto& toml : all) {
    const auto read = load_config(toml, "/etc/p.toml");
    ASSERT_TRUE(read.config) << testing::PrintToString(texts(read));
    for (const auto shown : {Shown::kAll, Shown::kChanged}) {
      const auto again = load_config(config_text(*read.config, shown), "/etc/p.toml");
      ASSERT_TRUE(again.config) << testing::PrintToString(texts(again));
      const auto values = values_of(*again.config);
      const auto before = values_of(*read.config);
      ASSERT_EQ(values.size(), before.size());
      for (std::size_t i = 0; i < read.config->hosts.size(); ++i)
        EXPECT_EQ(again.config->hosts[i].domain.wire(), read.config->hosts[i].domain.wire());
      for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t k = 0; k < values[i].values.size(); ++k)
          EXPECT_EQ(values[i].values[k].value, before[i].values[k].value)
              << values[i].header << values[i].values[k].name;
    }
  }
}

}  // namespace
}  // namespace portcullis::policy
