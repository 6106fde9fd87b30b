#include "proxy/app/settings_digest.h"

#include <gtest/gtest.h>

#include <cstdlib>
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

std::string with_chain(const std::string& path) {
  auto text = kFile;
  return text.replace(text.find("host.pem"), 8, path);
}

TEST(SettingsDigest, DoesNotDependOnALinkToTheFolder) {
  std::string pattern = testing::TempDir() + "digest-XXXXXX";
  const auto top = std::filesystem::canonical(::mkdtemp(pattern.data()));
  std::filesystem::create_directory(top / "real");
  std::filesystem::create_directory_symlink(top / "real", top / "link");
  const auto absolute = with_chain(top / "real/host.pem");
  for (const auto* const folder : {"real", "link", "./link/../real", "link/."}) {
    const auto file = top / folder / "portcullis.toml";
    EXPECT_EQ(digest(kFile, file), digest(kFile)) << file;
    EXPECT_EQ(digest(absolute, file), digest(kFile)) << file;
  }
  std::filesystem::remove_all(top);
}

TEST(SettingsDigest, TakesAwayTheFolderOnlyWhereAPathBegins) {
  EXPECT_NE(digest(with_chain("/srv/etc/p/host.pem")), digest(with_chain("/srv/host.pem")));
  EXPECT_NE(digest(with_chain("/etc/p2/host.pem")), digest(with_chain("2/host.pem")));
  // "p/" is how the folder was named, and stands in other words as well.
  const auto deep = with_chain("deep/p/host.pem");
  EXPECT_EQ(digest(deep, "p/portcullis.toml"), digest(deep));
  EXPECT_NE(digest(deep, "p/portcullis.toml"), digest(with_chain("deep/host.pem")));
  // Once is enough, whichever name of the folder it was.
  const auto here = std::filesystem::current_path().string();
  EXPECT_EQ(digest(with_chain(here + "/p/p/host.pem"), "p/portcullis.toml"),
            digest(with_chain("p/host.pem")));
}

TEST(SettingsDigest, KnowsAFolderWithQuotationMarks) {
  EXPECT_EQ(digest(kFile, "/etc/\"p\"/portcullis.toml"), digest(kFile));
  EXPECT_EQ(digest(kFile, "/./portcullis.toml"), digest(kFile, "/portcullis.toml"));
}

TEST(SettingsDigest, IsToldWithTheVersion) {
  const auto loaded = policy::load_config(kFile, "/etc/p/portcullis.toml");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(settings_text(*loaded.config),
            std::string(PORTCULLIS_VERSION) + " " + settings_digest(*loaded.config));
}

}  // namespace
}  // namespace portcullis::app
