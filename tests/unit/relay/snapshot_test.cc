#include "proxy/relay/snapshot.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using test::CertificateSpec;
using test::kNow;

constexpr auto kDay = std::chrono::days(1);

class SnapshotTest : public ::testing::Test {
 protected:
  // Built, with one error or warning that says this at this line.
  void expect_only(const Built& built, bool is_error, std::string_view words, unsigned line) {
    EXPECT_EQ(built.snapshot == nullptr, is_error) << texts(built);
    ASSERT_EQ(built.findings.size(), 1U) << texts(built);
    const auto& finding = built.findings.front();
    EXPECT_EQ(finding.severity == policy::Diagnostic::Severity::kError, is_error);
    EXPECT_EQ(finding.line, line) << finding.text();
    EXPECT_EQ(finding.file, world_.path("p.toml"));
    EXPECT_NE(finding.text().find(words), std::string::npos) << finding.text();
  }
  Built with_certificate(const CertificateSpec& spec) {
    world_.certify("host", spec);
    return world_.build();
  }
  static CertificateSpec host_spec() { return test::leaf_spec("legacy.example"); }

  SnapshotWorld world_;
};

TEST_F(SnapshotTest, OfWhatIsInOrderHasNoFindings) {
  const Built built = world_.build();
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(texts(built), "");
  ASSERT_EQ(built.snapshot->served().size(), 1U);
  EXPECT_EQ(built.snapshot->served()[0].key_type, KeyType::kEcdsa);
  EXPECT_TRUE(built.snapshot->backend_keys(built.snapshot->config().hosts[0]));
  EXPECT_FALSE(built.snapshot->client_trust());
}

TEST_F(SnapshotTest, TellsEveryErrorOfTheRun) {
  const Built built = world_.build("[s2s]\nroots = \"none.pem\"\ncrls = [\"none.crl\"]\n",
                                   R"({ chain = "none.crt", key = "none.key" })");
  EXPECT_FALSE(built.snapshot);
  EXPECT_EQ(built.findings.size(), 3U);
  EXPECT_TRUE(mentions(built, "p.toml:14: error: " + world_.path("none.pem")));
  EXPECT_TRUE(mentions(built, "p.toml:15: error: " + world_.path("none.crl")));
  EXPECT_TRUE(mentions(built, "p.toml:9: error: " + world_.path("none.crt")));
}

TEST_F(SnapshotTest, NeedsTheKeyThatFits) {
  world_.certify("other", host_spec());
  expect_only(world_.build("[s2s]\nroots = \"roots.pem\"\n",
                           R"({ chain = "host.pem", key = "other.key" })"),
              true, "is not the key of the first certificate", 9);
}

TEST_F(SnapshotTest, NeedsEveryNameOfTheHost) {
  expect_only(
      world_.build("[s2s]\nroots = \"roots.pem\"\n", R"({ chain = "host.pem", key = "host.key" })",
                   R"(["conference.legacy.example"])"),
      true, "does not name conference.legacy.example", 9);
  CertificateSpec both = host_spec();
  both.dns_names = {};
  both.other_names = {test::srv_id("_xmpp-server.legacy.example"),
                      test::srv_id("_xmpp-server.*.legacy.example")};
  world_.certify("host", both);
  EXPECT_EQ(texts(world_.build("[s2s]\nroots = \"roots.pem\"\n",
                               R"({ chain = "host.pem", key = "host.key" })",
                               R"(["conference.legacy.example"])")),
            "");
}

TEST_F(SnapshotTest, RefusesWhatAPeerWithOurRulesWouldRefuse) {
  CertificateSpec expired = host_spec();
  expired.until = kNow - kDay;
  expect_only(with_certificate(expired), true, "expired on", 9);
  CertificateSpec early = host_spec();
  early.from = kNow + kDay;
  expect_only(with_certificate(early), true, "valid only from", 9);
  CertificateSpec client = host_spec();
  client.purposes = "clientAuth";
  expect_only(with_certificate(client), true, "wrong_purpose", 9);
  CertificateSpec weak = host_spec();
  weak.digest = "SHA1";
  expect_only(with_certificate(weak), true, "weak_signature", 9);
  CertificateSpec curve = host_spec();
  curve.key = test::TestKey::kSecp256k1;
  expect_only(with_certificate(curve), true, "weak_key", 9);
}

TEST_F(SnapshotTest, HoldsOurCertificateToOurFloors) {
  CertificateSpec rsa = host_spec();
  rsa.key = test::TestKey::kRsa2048;
  rsa.key_usage = "critical,digitalSignature,keyEncipherment";
  world_.certify("rsa", rsa);
  const std::string both =
      R"({ chain = "host.pem", key = "host.key" }, { chain = "rsa.pem", key = "rsa.key" })";
  EXPECT_EQ(texts(world_.build("[s2s]\nroots = \"roots.pem\"\n", both)), "");
  expect_only(world_.build("[s2s]\nroots = \"roots.pem\"\nmin_rsa_bits = 3072\n", both), true,
              "RSA key of 2048 bits", 9);
}

TEST_F(SnapshotTest, TakesNoTwoCertificatesOfOneType) {
  expect_only(
      world_.build("[s2s]\nroots = \"roots.pem\"\n", R"({ chain = "host.pem", key = "host.key" }, )"
                                                     R"({ chain = "host.pem", key = "host.key" })"),
      true, "two certificates of type ecdsa", 9);
}

TEST_F(SnapshotTest, WarnsOfRsaOnlyAndOfAKeyThatMayNotEncipher) {
  CertificateSpec rsa = host_spec();
  rsa.key = test::TestKey::kRsa2048;
  rsa.key_usage = "critical,digitalSignature,keyEncipherment";
  expect_only(with_certificate(rsa), false, "add an ECDSA certificate", 9);
  rsa.key_usage = "critical,digitalSignature";
  const Built built = with_certificate(rsa);
  EXPECT_TRUE(built.snapshot);
  EXPECT_TRUE(mentions(built, "lacks keyEncipherment")) << texts(built);
}

TEST_F(SnapshotTest, WarnsOfANearEnd) {
  CertificateSpec near = host_spec();
  near.until = kNow + 14 * kDay;
  expect_only(with_certificate(near), false, "expires on", 9);
  near.until = kNow + 14 * kDay + std::chrono::seconds(1);
  EXPECT_EQ(texts(with_certificate(near)), "");
}

TEST_F(SnapshotTest, RefusesAKeyThatOthersCanUse) {
  std::filesystem::permissions(world_.path("host.key"), std::filesystem::perms(0644));
  expect_only(world_.build(), true, "mode is 0644; others can use the key", 9);
}

TEST_F(SnapshotTest, TakesACaOfOnesOwnWithAWarning) {
  const auto own = test::issue_self_signed(test::authority_spec("Own CA"));
  world_.install("host", issue(host_spec(), own), "");
  expect_only(world_.build(), false, "no CA in `roots` of [s2s] vouches for it", 9);
  // All else is judged even so.
  CertificateSpec client = host_spec();
  client.purposes = "clientAuth";
  world_.install("host", issue(client, own), test::pem(own.certificate.get()));
  const Built built = world_.build();
  EXPECT_FALSE(built.snapshot);
  EXPECT_TRUE(mentions(built, "wrong_purpose")) << texts(built);
}

TEST_F(SnapshotTest, TakesASelfSignedCertificateWithWarnings) {
  CertificateSpec self_made = host_spec();
  self_made.basic_constraints = "critical,CA:TRUE";  // as `openssl req -x509` makes them
  self_made.key_usage = self_made.purposes = "";
  world_.install("host", test::issue_self_signed(self_made), "");
  const Built built = world_.build();
  EXPECT_TRUE(built.snapshot) << texts(built);
  EXPECT_TRUE(mentions(built, "vouches for it")) << texts(built);
}

TEST_F(SnapshotTest, WarnsOfAMissingIntermediateUnderRootsOfOnesChoice) {
  world_.certify("host", host_spec(), false);
  expect_only(world_.build(), false, "no CA in `roots` of [s2s] vouches for it", 9);
}

TEST_F(SnapshotTest, RefusesAMissingIntermediateOfAPublicCa) {
  CertificateSpec spec = host_spec();
  spec.issuer_url = "http://ca.example/intermediate.der";
  world_.certify("host", spec, false);
  const Built built = world_.build("");  // roots = "system"
  expect_only(built, true, "it is at http://ca.example/intermediate.der", 9);
  // The full chain leads to a root that the system does not know, which is no fault of the file.
  world_.certify("host", spec);
  expect_only(world_.build(""), false, "vouches for it", 9);
}

class HandshakeFloorTest : public SnapshotTest {
 protected:
  // Whether a client of TLS 1.2 gets through to s2s.
  bool takes_tls12(const std::string& more) {
    const Built built = world_.build("[s2s]\nroots = \"roots.pem\"\n" + more);
    EXPECT_TRUE(built.snapshot) << texts(built);
    const auto server = built.snapshot->contexts().accept_wan(StreamKind::kS2sInbound,
                                                              TlsEntry::kStartTls, std::nullopt);
    const certs::SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
    certs::SslPtr ssl(SSL_new(context.get()));
    SSL_set_max_proto_version(ssl.get(), TLS1_2_VERSION);
    SSL_set_connect_state(ssl.get());
    tls::Engine client(std::move(ssl));
    std::string hello, plaintext, answer;
    client.start(hello);
    return server->receive(hello, plaintext, answer) != tls::Engine::State::kFailed;
  }
};

TEST_F(HandshakeFloorTest, IsThatOfEverybodyWhereNobodyIsObserved) {
  EXPECT_TRUE(takes_tls12(""));
  EXPECT_FALSE(takes_tls12("min_tls = \"1.3\"\n"));
}

TEST_F(HandshakeFloorTest, IsLowWhereSomebodyIsObserved) {
  EXPECT_TRUE(takes_tls12("min_tls = \"1.3\"\n[policy]\nmode = \"observe\"\n"));
  EXPECT_TRUE(takes_tls12(
      "min_tls = \"1.3\"\n[[s2s.rule]]\nmatch = [\"a.example\"]\nmode = \"observe\"\n"));
}

TEST_F(HandshakeFloorTest, IsNotRaisedByARule) {
  EXPECT_TRUE(takes_tls12("[[s2s.rule]]\nmatch = [\"a.example\"]\nmin_tls = \"1.3\"\n"));
}

}  // namespace
}  // namespace portcullis::relay
