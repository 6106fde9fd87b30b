// The example file says what the loader does.

#include "policy/load/config_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/source_tree.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::IsEmpty;

std::string read(const std::string& path) {
  std::ifstream file(test::in_source_tree(path));
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

// A "#" without a space behind it hides a key or a table, with the lines of a list.
std::string uncommented(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)#([a-z_0-9]+ =|\\[|\\]|  [\"{])"), "$1$2");
}

std::string full_name(const ConfigKey& key) {
  return key.table.empty() ? std::string(key.name) : key.table + "." + std::string(key.name);
}

TEST(ConfigKeys, AreUnique) {
  std::set<std::string> seen;
  for (const auto& key : config_keys()) EXPECT_TRUE(seen.insert(full_name(key)).second);
  EXPECT_EQ(seen.count("limits.idle"), 1U);
  EXPECT_EQ(seen.count("host.backend.certificate"), 1U);
}

TEST(ExampleFile, LoadsAsItIs) {
  const auto loaded = load_config(read("deploy/portcullis.toml"), "p.toml");
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_TRUE(loaded.config);
}

TEST(ExampleFile, LoadsWithEveryKeyUncommented) {
  const auto text = read("deploy/portcullis.toml");
  const auto all = uncommented(text);
  ASSERT_NE(all, text);
  const auto loaded = load_config(all, "p.toml");
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_TRUE(loaded.config);
}

// The keys of the text, as "table.key"; those of an inline table as the table's own.
std::set<std::string> keys_in(const std::string& text) {
  std::set<std::string> keys;
  std::string table;
  std::smatch match;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_search(line, match, std::regex(R"(^\[+([a-z0-9_.]+)\]+)"))) {
      table = match[1].str() + ".";
    } else if (std::regex_search(line, match, std::regex(R"(^([a-z0-9_]+) = )"))) {
      keys.insert(table + match[1].str());
    } else if (std::regex_search(line, match, std::regex(R"(^ +\{ ([a-z]+) = .*, ([a-z]+) = )"))) {
      keys.insert(table + "certificates." + match[1].str());
      keys.insert(table + "certificates." + match[2].str());
    }
  }
  return keys;
}

TEST(ExampleFile, HoldsEveryKeyAndNoOther) {
  std::set<std::string> known;
  for (const auto& key : config_keys()) known.insert(full_name(key));
  auto shown = keys_in(uncommented(read("deploy/portcullis.toml")));
  // A rule may say what [s2s] says.
  EXPECT_EQ(shown.erase("s2s.rule.auth"), 1U);
  EXPECT_EQ(shown, known);
}

TEST(ExampleFile, HiddenKeysShowTheirDefaults) {
  const auto text = read("deploy/portcullis.toml");
  std::string table;
  std::smatch match;
  std::istringstream lines(text);
  int hidden = 0;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_search(line, match, std::regex(R"(^#?\[+([a-z0-9_.]+)\]+)")))
      table = match[1].str();
    if (!std::regex_search(line, match, std::regex(R"(^#([a-z0-9_]+) = (.*?)( +#|$))"))) continue;
    ++hidden;
    const auto found = std::find_if(
        config_keys().begin(), config_keys().end(),
        [&](const ConfigKey& key) { return key.table == table && key.name == match[1].str(); });
    if (found == config_keys().end()) continue;  // reported by HoldsEveryKeyAndNoOther
    if (found->fallback.empty() || table.starts_with("s2s.")) continue;
    EXPECT_EQ(match[2].str(), found->fallback) << full_name(*found);
  }
  EXPECT_GT(hidden, 25);
}

// The defaults are written from the types; read again they are the same.
TEST(ConfigKeys, TheDefaultsThatAreShownAreThoseOfTheTypes) {
  std::string text = uncommented(read("deploy/portcullis.toml"));
  const auto loaded = load_config(text, "p.toml");
  ASSERT_TRUE(loaded.config);
  const Config& written = *loaded.config;
  const Config silent;
  EXPECT_EQ(written.limits, silent.limits);
  EXPECT_EQ(written.workers, silent.workers);
  EXPECT_EQ(written.mode, silent.mode);
  EXPECT_EQ(written.contact, silent.contact);
  EXPECT_EQ(written.help_url, silent.help_url);
  EXPECT_EQ(written.federation.allow_by_default, silent.federation.allow_by_default);
  EXPECT_EQ(written.federation.allow, silent.federation.allow);
  EXPECT_EQ(written.federation.deny, silent.federation.deny);
  EXPECT_EQ(written.federation.local_only, silent.federation.local_only);
  EXPECT_EQ(written.max_exception_days, silent.max_exception_days);
  EXPECT_EQ(written.forward_secrecy, silent.forward_secrecy);
  EXPECT_EQ(written.s2s.settings, silent.s2s.settings);
  EXPECT_EQ(written.c2s.mode, silent.c2s.mode);
  EXPECT_EQ(written.c2s.client_certificate, silent.c2s.client_certificate);
  EXPECT_EQ(written.c2s.client_roots, silent.c2s.client_roots);
  EXPECT_EQ(written.c2s.min_tls, silent.c2s.min_tls);
  EXPECT_EQ(written.log.format, silent.log.format);
  EXPECT_EQ(written.log.debug, silent.log.debug);
  EXPECT_EQ(written.dns.servers, silent.dns.servers);
  EXPECT_EQ(written.listen.s2s_direct, silent.listen.s2s_direct);
  EXPECT_EQ(written.listen.c2s, silent.listen.c2s);
  EXPECT_EQ(written.listen.proxy_protocol_from, silent.listen.proxy_protocol_from);
  EXPECT_EQ(written.outbound.allow_networks, silent.outbound.allow_networks);
  EXPECT_EQ(written.outbound.refuse_networks, silent.outbound.refuse_networks);
  ASSERT_EQ(written.hosts.size(), 1U);
  EXPECT_EQ(written.hosts[0].backend.c2s_proxy_protocol, Backend().c2s_proxy_protocol);
  EXPECT_EQ(written.hosts[0].backend.s2s_proxy_protocol, Backend().s2s_proxy_protocol);
}

}  // namespace
}  // namespace portcullis::policy
