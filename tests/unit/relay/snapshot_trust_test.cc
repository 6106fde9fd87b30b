#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "certs/verify/verify.h"
#include "certs/x509/spki_pin.h"
#include "policy/model/spki_pin.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using test::CertificateSpec;
using test::Issued;
using test::kNow;

constexpr auto kDay = std::chrono::days(1);

class SnapshotTrustTest : public ::testing::Test {
 protected:
  Built build(const std::string& more) {
    return world_.build("[s2s]\nroots = \"roots.pem\"\n" + more);
  }

  // How `remote` is judged with this chain.
  static std::string_view judge(const Built& built, const std::string& remote,
                                const certs::PresentedChain& chain,
                                certs::PeerRole role = certs::PeerRole::kReceiving) {
    const auto policy = policy::remote_policy(built.snapshot->config(), domain(remote), kNow);
    const PeerTrust& trust = built.snapshot->trust_for(policy);
    return test::outcome(
        certs::verify_peer({chain, *trust.anchors, domain(remote), role, trust.policy, kNow}));
  }
  static certs::PresentedChain chain_for(const std::string& name, const Issued& issuer) {
    return {issue(test::leaf_spec(name), issuer).certificate, {}};
  }
  static certs::PresentedChain good(const std::string& name) {
    return pki().present(pki().leaf(test::leaf_spec(name)));
  }
  static std::string pin_of(const certs::PresentedChain& chain) {
    return policy::pin_text(certs::spki_pin(chain.leaf.get()).value());
  }
  static const PeerTrust& trust(const Built& built, const std::string& remote) {
    return built.snapshot->trust_for(
        policy::remote_policy(built.snapshot->config(), domain(remote), kNow));
  }

  SnapshotWorld world_;
  const Issued corp_ = test::issue_self_signed(test::authority_spec("Corp CA"));
};

TEST_F(SnapshotTrustTest, ARulesRootsReplaceTheOthersAndVouchForNobodyElse) {
  world_.write("corp.pem", test::pem(corp_.certificate.get()));
  const Built built = build("[[s2s.rule]]\nmatch = [\"*.corp.example\"]\nroots = \"corp.pem\"\n");
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(judge(built, "a.corp.example", chain_for("a.corp.example", corp_)), "accepted");
  EXPECT_EQ(judge(built, "b.example", good("b.example")), "accepted");
  EXPECT_NE(judge(built, "b.example", chain_for("b.example", corp_)), "accepted");
  EXPECT_NE(judge(built, "corp.example", chain_for("corp.example", corp_)), "accepted");
  EXPECT_NE(judge(built, "a.corp.example", good("a.corp.example")), "accepted");
}

TEST_F(SnapshotTrustTest, LoadsEachFileOnce) {
  const Built built = build(
      "[[s2s.rule]]\nmatch = [\"a.example\"]\nmin_rsa_bits = 3072\n"
      "[[s2s.rule]]\nmatch = [\"b.example\"]\nmax_chain = 1\n");
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(trust(built, "a.example").anchors, trust(built, "c.example").anchors);
  EXPECT_EQ(trust(built, "a.example").anchors, trust(built, "b.example").anchors);
}

TEST_F(SnapshotTrustTest, TakesOverEverySetting) {
  const Built built = build(
      "[[s2s.rule]]\nmatch = [\"a.example\"]\nmin_rsa_bits = 3072\nx509_strict = false\n"
      "curves = [\"P-384\", \"Ed448\"]\nsignatures = [\"sha384\"]\nmax_chain = 2\n"
      "revocation = \"crl-hard\"\nmust_staple = \"off\"\ncrls = [\"a.pem\"]\n");
  EXPECT_FALSE(built.snapshot);
  world_.write("a.pem", test::crl_pem({}, pki().root()));
  const Built again = build(
      "[[s2s.rule]]\nmatch = [\"a.example\"]\nmin_rsa_bits = 3072\nx509_strict = false\n"
      "curves = [\"P-384\", \"Ed448\"]\nsignatures = [\"sha384\"]\nmax_chain = 2\n"
      "revocation = \"crl-hard\"\nmust_staple = \"off\"\ncrls = [\"a.pem\"]\n");
  ASSERT_TRUE(again.snapshot) << texts(again);
  const certs::VerifyPolicy& policy = trust(again, "a.example").policy;
  EXPECT_FALSE(policy.x509_strict);
  EXPECT_EQ(policy.min_rsa_bits, 3072);
  EXPECT_EQ(policy.max_intermediates, 2);
  EXPECT_TRUE(policy.curves.p384 && policy.curves.ed448);
  EXPECT_FALSE(policy.curves.p256 || policy.curves.p521 || policy.curves.ed25519);
  EXPECT_TRUE(policy.signatures.sha384);
  EXPECT_FALSE(policy.signatures.sha256 || policy.signatures.sha512 || policy.signatures.eddsa);
  EXPECT_EQ(policy.revocation, policy::Revocation::kCrlHard);
  EXPECT_EQ(policy.crls, trust(again, "a.example").crls.get());
  EXPECT_FALSE(policy.honour_must_staple);
  const certs::VerifyPolicy& others = trust(again, "b.example").policy;
  EXPECT_TRUE(others.x509_strict && others.curves.p256 && others.honour_must_staple);
  EXPECT_EQ(others.revocation, policy::Revocation::kCrlSoft);
  EXPECT_EQ(others.crls, nullptr);
}

TEST_F(SnapshotTrustTest, PinsStandAloneOrBesideTheChain) {
  const auto pinned = chain_for("whoever.example", corp_);
  const std::string pins = "pins = [\"" + pin_of(pinned) + "\"]\n";
  const Built built = build("[[s2s.rule]]\nmatch = [\"only.example\"]\nauth = [\"pin\"]\n" + pins +
                            "[[s2s.rule]]\nmatch = [\"either.example\"]\n"
                            "auth = [\"pkix\", \"pin\"]\n" +
                            pins);
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(judge(built, "only.example", pinned), "accepted");
  EXPECT_EQ(judge(built, "only.example", good("only.example")), "pin_mismatch");
  EXPECT_EQ(judge(built, "either.example", pinned), "accepted");
  EXPECT_EQ(judge(built, "either.example", good("either.example")), "accepted");
  EXPECT_NE(judge(built, "other.example", pinned), "accepted");
}

TEST_F(SnapshotTrustTest, ClientsPurposeCountsUnderAPrivateCaOnly) {
  CertificateSpec spec = test::leaf_spec("a.example");
  spec.purposes = "clientAuth";
  world_.write("corp.pem", test::pem(corp_.certificate.get()));
  const Built built = build("[[s2s.rule]]\nmatch = [\"a.example\"]\nroots = \"corp.pem\"\n");
  ASSERT_TRUE(built.snapshot) << texts(built);
  const certs::PresentedChain chain{issue(spec, corp_).certificate, {}};
  EXPECT_EQ(judge(built, "a.example", chain, certs::PeerRole::kInitiating), "accepted");
  EXPECT_EQ(judge(built, "a.example", chain, certs::PeerRole::kReceiving), "wrong_purpose");
  EXPECT_TRUE(trust(built, "b.example").policy.client_purpose_fallback);  // roots.pem
  const Built system = world_.build("[[s2s.rule]]\nmatch = [\"x.example\"]\nmax_chain = 3\n");
  ASSERT_TRUE(system.snapshot) << texts(system);
  EXPECT_FALSE(trust(system, "x.example").policy.client_purpose_fallback);
  EXPECT_FALSE(trust(system, "y.example").policy.client_purpose_fallback);
}

TEST_F(SnapshotTrustTest, LeavesUnfitRootsOutWithAWarning) {
  CertificateSpec expired = test::authority_spec("Expired CA");
  expired.until = kNow - kDay;
  CertificateSpec weak = test::authority_spec("Weak CA");
  weak.key = test::TestKey::kRsa1024;
  CertificateSpec md5 = test::authority_spec("Md5 CA");
  md5.digest = "MD5";
  CertificateSpec rsa = test::authority_spec("RSA CA");
  rsa.key = test::TestKey::kRsa2048;
  const Issued rsa_root = test::issue_self_signed(rsa);
  const auto self_signed = [](const CertificateSpec& spec) {
    return test::pem(test::issue_self_signed(spec).certificate.get());
  };
  world_.write("roots.pem", test::pem(pki().root().certificate.get()) + self_signed(expired) +
                                self_signed(weak) + self_signed(test::leaf_spec("leaf.example")) +
                                test::pem(issue(md5, rsa_root).certificate.get()));
  const Built built = build("");
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(built.findings.size(), 4U) << texts(built);
  EXPECT_TRUE(mentions(built, "p.toml:14: warning: " + world_.path("roots.pem") +
                                  ": \"CN=Expired CA\" is not loaded: it expired on "));
  EXPECT_TRUE(mentions(built, "\"CN=Weak CA\" is not loaded: it is too weak: RSA key of 1024"));
  EXPECT_TRUE(mentions(built, "\"CN=leaf.example\" is not loaded: it is not a CA"));
  EXPECT_TRUE(mentions(built, "\"CN=Md5 CA\" is not loaded: it is signed with MD5"));
  EXPECT_EQ(trust(built, "a.example").anchors->certificates().size(), 1U);
}

TEST_F(SnapshotTrustTest, RefusesRootsOfWhichNothingIsLeft) {
  CertificateSpec expired = test::authority_spec("Expired CA");
  expired.until = kNow - kDay;
  for (const std::string& content :
       {std::string(), std::string("no PEM"),
        test::pem(test::issue_self_signed(expired).certificate.get())}) {
    world_.write("roots.pem", content);
    const Built built = build("");
    EXPECT_FALSE(built.snapshot);
    EXPECT_TRUE(mentions(built, "p.toml:14: error: " + world_.path("roots.pem"))) << texts(built);
  }
}

class RevocationListsTest : public SnapshotTrustTest {
 protected:
  void SetUp() override { std::filesystem::create_directory(world_.path("crl")); }
};

TEST_F(RevocationListsTest, ComeFromEveryFileOfThePattern) {
  const Issued leaf = pki().leaf(test::leaf_spec("a.example"));
  world_.write("crl/b.pem", test::crl_pem({{leaf.certificate.get()}}, pki().intermediate()));
  world_.write("crl/a.pem", test::crl_pem({}, pki().root()));
  world_.write("crl/not-one.txt", "garbage");
  const Built built = build("crls = [\"crl/*.pem\"]\n");
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(texts(built), "");
  EXPECT_EQ(judge(built, "a.example", pki().present(leaf)), "revoked");
  EXPECT_EQ(judge(built, "a.example", good("a.example")), "accepted");
  const auto& lists = built.snapshot->revocation_lists();
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_EQ(lists[0].file, world_.path("crl/a.pem"));
  EXPECT_EQ(lists[0].next_update, kNow + 7 * kDay);
}

TEST_F(RevocationListsTest, OfNoFileAreAWarning) {
  const Built built = build("crls = [\"crl/*.pem\"]\n");
  EXPECT_TRUE(built.snapshot);
  EXPECT_TRUE(mentions(built, "p.toml:15: warning: " + world_.path("crl/*.pem")) &&
              mentions(built, "matches no file"))
      << texts(built);
}

TEST_F(RevocationListsTest, ThatCannotBeReadAreAnError) {
  world_.write("crl/a.pem", "garbage");
  const Built garbage = build("crls = [\"crl/*.pem\"]\n");
  EXPECT_FALSE(garbage.snapshot);
  EXPECT_TRUE(mentions(garbage, "p.toml:15: error: " + world_.path("crl/a.pem")));
  const Built no_directory = build("crls = [\"nowhere/*.pem\"]\n");
  EXPECT_FALSE(no_directory.snapshot);
  EXPECT_TRUE(mentions(no_directory, "the directory cannot be read"));
}

TEST_F(RevocationListsTest, ThatAreOutdatedAreAWarning) {
  world_.write("crl/a.pem", test::crl_pem({{}, kNow - 9 * kDay, kNow - kDay}, pki().root()));
  const Built built = build("crls = [\"crl/a.pem\"]\n");
  EXPECT_TRUE(built.snapshot);
  EXPECT_TRUE(mentions(built, "fetch a newer one")) << texts(built);
}

TEST_F(RevocationListsTest, AreNotLoadedWhereRevocationIsOff) {
  const Built built = build("revocation = \"off\"\ncrls = [\"crl/none.pem\"]\n");
  EXPECT_TRUE(built.snapshot) << texts(built);
}

class UsersTrustTest : public SnapshotTrustTest {
 protected:
  static constexpr auto kConfig =
      "[c2s]\nclient_certificate = \"required\"\nclient_roots = \"staff.pem\"\n";
  std::string_view judge_user(const Built& built, const CertificateSpec& spec) const {
    const PeerTrust& trust = *built.snapshot->client_trust();
    return test::outcome(certs::verify_peer({{issue(spec, corp_).certificate, {}},
                                             *trust.anchors,
                                             domain("legacy.example"),
                                             certs::PeerRole::kInitiating,
                                             trust.policy,
                                             kNow}));
  }
  static CertificateSpec user(const std::vector<test::OtherName>& names) {
    CertificateSpec spec = test::leaf_spec("unused");
    spec.dns_names.clear();
    spec.other_names = names;
    spec.purposes = "clientAuth";
    return spec;
  }
};

TEST_F(UsersTrustTest, IsThatOfTheirOwnCa) {
  world_.write("staff.pem", test::pem(corp_.certificate.get()));
  const Built built = build(kConfig);
  ASSERT_TRUE(built.snapshot) << texts(built);
  ASSERT_TRUE(built.snapshot->client_trust());
  EXPECT_EQ(judge_user(built, user({test::xmpp_addr("alice@legacy.example")})), "accepted");
  EXPECT_EQ(judge_user(built, user({})), "accepted");
  EXPECT_EQ(judge_user(built, user({test::xmpp_addr("alice@other.example")})), "name_mismatch");
  EXPECT_EQ(judge_user(built, user({test::xmpp_addr("legacy.example")})), "name_mismatch");
  EXPECT_EQ(judge_user(built, user({test::xmpp_addr("alice@legacy.example/phone")})),
            "name_mismatch");
  CertificateSpec server = user({});
  server.purposes = "serverAuth";
  EXPECT_EQ(judge_user(built, server), "wrong_purpose");
  CertificateSpec expired = user({});
  expired.until = kNow - kDay;
  EXPECT_EQ(judge_user(built, expired), "expired");
}

TEST_F(UsersTrustTest, OfTheCaOfServersIsNone) {
  world_.write("staff.pem", test::pem(corp_.certificate.get()));
  const Built built = build(kConfig);
  ASSERT_TRUE(built.snapshot) << texts(built);
  const PeerTrust& trust = *built.snapshot->client_trust();
  EXPECT_NE(test::outcome(certs::verify_peer({good("legacy.example"), *trust.anchors,
                                              domain("legacy.example"),
                                              certs::PeerRole::kInitiating, trust.policy, kNow})),
            "accepted");
}

TEST_F(UsersTrustTest, NeedsItsFile) {
  const Built built = build(kConfig);
  EXPECT_FALSE(built.snapshot);
  EXPECT_TRUE(mentions(built, "p.toml:17: error: " + world_.path("staff.pem"))) << texts(built);
}

}  // namespace
}  // namespace portcullis::relay
