#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "policy/load/config_load.h"
#include "proxy/relay/snapshot.h"
#include "tests/support/test_pki.h"

namespace portcullis::relay {

inline const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

inline DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

// The files of a configuration that is in order, and what is built from variations of it.
class SnapshotWorld {
 public:
  SnapshotWorld() {
    write("roots.pem", test::pem(pki().root().certificate.get()));
    certify("host", test::leaf_spec("legacy.example"));
    write("backend.pem", test::pem(pki().leaf(test::leaf_spec("x.example")).certificate.get()));
    EXPECT_TRUE(certs::LocalCa::create(files_.path() + "/ca", test::kNow));
  }

  void write(const std::string& name, std::string_view content) { files_.write(name, content); }
  std::string path(const std::string& name) const { return files_.path() + "/" + name; }

  // NAME.pem with the intermediate, and NAME.key that only we can read.
  void certify(const std::string& name, const test::CertificateSpec& spec,
               bool with_intermediate = true) {
    install(name, pki().leaf(spec),
            with_intermediate ? test::pem(pki().intermediate().certificate.get()) : "");
  }
  void install(const std::string& name, const test::Issued& leaf, const std::string& rest) {
    write(name + ".pem", test::pem(leaf.certificate.get()) + rest);
    write(name + ".key", test::pem(leaf.key.get()));
    std::filesystem::permissions(path(name + ".key"), std::filesystem::perms::owner_read |
                                                          std::filesystem::perms::owner_write);
  }

  // `certificates` on line 9, `more` from line 13 on.
  Built build(const std::string& more = "[s2s]\nroots = \"roots.pem\"\n",
              const std::string& certificates = R"({ chain = "host.pem", key = "host.key" })",
              const std::string& aliases = "[]") const {
    return load("aliases = " + aliases + "\ncertificates = [ " + certificates + " ]\n", more);
  }

  // The host names a folder instead.
  Built build_with_folder(const std::string& folder) const {
    return load("acme_dir = \"" + folder + "\"\n", "[s2s]\nroots = \"roots.pem\"\n");
  }

 private:
  Built load(const std::string& of_host, const std::string& more) const {
    const std::string toml = R"(version = 1
[listen]
s2s = ["[::]:5269"]
[local_ca]
directory = "ca"
[[host]]
domain = "legacy.example"
)" + of_host + R"([host.backend]
s2s = "127.0.0.1:15269"
certificate = "backend.pem"
)" + more;
    auto loaded = policy::load_config(toml, path("p.toml"));
    for (const auto& finding : loaded.diagnostics) {
      EXPECT_EQ(finding.severity, policy::Diagnostic::Severity::kWarning) << finding.text();
    }
    return Snapshot::build(std::move(loaded.config.value()), test::kNow);
  }

  test::TempDir files_;
};

inline std::string texts(const Built& built) {
  std::string all;
  for (const auto& finding : built.findings) all += finding.text() + "\n";
  return all;
}

inline bool mentions(const Built& built, std::string_view words) {
  return texts(built).find(words) != std::string::npos;
}

}  // namespace portcullis::relay
