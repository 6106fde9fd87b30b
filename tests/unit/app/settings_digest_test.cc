#include "proxy/app/settings_digest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "policy/load/config_load.h"
#include "proxy/app/version.h"

namespace portcullis::app {
namespace {

const std::string kFile =
    "version = 1\n[[host]]\ndomain = \"legacy.example\"\n"
    "certificates = [ { chain = \"host.pem\", key = \"host.key\" } ]\n"
    "[host.backend]\ns2s = \"127.0.0.1:15269\"\ncertificate = \"backend.pem\"\n";

std::string digest(const std::string& text, const std::string& place = "/etc/p/portcullis.toml") {
  const auto loaded = policy::load_config(text, place);
  EXPECT_TRUE(loaded.config) << (loaded.diagnostics.empty() ? "" : loaded.diagnostics[0].text());
  return loaded.config ? settings_digest(*loaded.config) : "";
}

TEST(SettingsDigest, IsThatOfTheSettingsAndNotOfTheText) {
  EXPECT_EQ(digest(kFile).size(), 64U);
  EXPECT_EQ(digest(kFile), digest(kFile));
  EXPECT_EQ(digest("# a remark\n" + kFile), digest(kFile));
  EXPECT_EQ(digest(kFile + "\n[policy]\nmode = \"enforce\"\n"), digest(kFile))
      << "what says the default says nothing";
}

TEST(SettingsDigest, ChangesWithEachSetting) {
  EXPECT_NE(digest(kFile + "[policy]\nmode = \"observe\"\n"), digest(kFile));
  EXPECT_NE(digest(kFile + "[limits]\ndrain = \"7s\"\n"), digest(kFile));
  EXPECT_NE(digest(kFile + "[[s2s.rule]]\nmatch = [\"a.example\"]\n"), digest(kFile));
  auto other = kFile;
  other.replace(other.find("host.pem"), 8, "next.pem");
  EXPECT_NE(digest(other), digest(kFile));
}

TEST(SettingsDigest, DoesNotDependOnHowTheFolderIsNamed) {
  EXPECT_EQ(digest(kFile, "portcullis.toml"), digest(kFile));
  EXPECT_EQ(digest(kFile, "../p/portcullis.toml"), digest(kFile));
  const auto here = std::filesystem::current_path().string();
  auto absolute = kFile;
  absolute.insert(absolute.find("host.pem"), here + "/");
  EXPECT_EQ(digest(absolute, "portcullis.toml"), digest(kFile));
  EXPECT_EQ(digest(absolute, here + "/portcullis.toml"), digest(kFile));
}

TEST(SettingsDigest, IsToldWithTheVersion) {
  const auto loaded = policy::load_config(kFile, "/etc/p/portcullis.toml");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(settings_text(*loaded.config),
            std::string(PORTCULLIS_VERSION) + " " + settings_digest(*loaded.config));
}

}  // namespace
}  // namespace portcullis::app
