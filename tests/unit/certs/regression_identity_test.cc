#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>

#include <string>
#include <string_view>

#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

// Known ways to certify somebody else, each suite named after its row in docs/regressions.md.
namespace portcullis::certs {
namespace {

using namespace std::string_literals;
using test::CertificateSpec;
using test::kNow;

const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

std::string outcome(const CertificateSpec& spec) {
  std::string seen;
  for (const PeerRole role : {PeerRole::kInitiating, PeerRole::kReceiving}) {
    const VerifyResult verdict = verify_peer({pki().present(pki().leaf(spec)),
                                              pki().anchors(),
                                              DomainName::parse("peer.example").value(),
                                              role,
                                              {},
                                              kNow});
    const std::string now = verdict ? "accepted" : std::string(id(verdict.error().refusal.reason));
    EXPECT_TRUE(seen.empty() || seen == now) << seen << " and " << now;
    seen = now;
  }
  return seen;
}

CertificateSpec leaf(std::vector<std::string> dns_names) {
  CertificateSpec spec = test::leaf_spec("leaf");
  spec.dns_names = std::move(dns_names);
  return spec;
}

TEST(Regression_CVE_2025_59154, TheSubjectIsNoIdentityWhateverItSays) {
  for (const auto* subject : {"peer.example", "CN=peer.example", "x,CN=peer.example",
                              "x/CN=peer.example", "x\nCN=peer.example", "*.example"}) {
    CertificateSpec spec = leaf({});
    spec.common_name = subject;
    EXPECT_EQ(outcome(spec), "name_missing") << subject;
    spec.dns_names = {"other.example"};
    EXPECT_EQ(outcome(spec), "name_mismatch") << subject;
    spec.dns_names.clear();
    spec.addresses = {"192.0.2.1"};
    EXPECT_NE(outcome(spec), "accepted") << subject;
  }
}

TEST(Regression_CVE_2025_59154, NeitherIsItAVeto) {
  CertificateSpec spec = leaf({"peer.example"});
  spec.common_name = "other.example";
  EXPECT_EQ(outcome(spec), "accepted");
}

TEST(Regression_CVE_2009_2408, ANulInADnsName) {
  for (const auto& name : {"peer.example\0.evil.example"s, "peer.example\0"s, "\0peer.example"s}) {
    EXPECT_EQ(outcome(leaf({name})), "cert_malformed");
    EXPECT_EQ(outcome(leaf({"peer.example", name})), "cert_malformed");
  }
}

TEST(Regression_CVE_2009_2408, ANulInAnSrvIdOrXmppAddr) {
  for (const auto& name : {"peer.example\0.evil.example"s, "peer.example\0"s, "\0peer.example"s}) {
    CertificateSpec spec = leaf({});
    spec.other_names = {{NID_SRVName, V_ASN1_IA5STRING, "_xmpp-server." + name}};
    EXPECT_EQ(outcome(spec), "cert_malformed");
    spec.other_names = {{NID_XmppAddr, V_ASN1_UTF8STRING, name}};
    EXPECT_EQ(outcome(spec), "cert_malformed");
    spec.dns_names = {"peer.example"};
    EXPECT_EQ(outcome(spec), "cert_malformed");
  }
}

// 3.0.7 repaired names in punycode, 3.0.9 policy trees, 3.0.15 name checks against otherName.
TEST(Regression_CVE_2022_3602, TheLibraryThatIsLinkedHasTheRepairs) {
  EXPECT_GE(OpenSSL_version_num(), 0x300000f0UL) << OpenSSL_version(OPENSSL_VERSION);
}

// A policy tree is only grown by those who ask for policies.
TEST(Regression_CVE_2022_3602, CertificatePoliciesAreNotAskedFor) {
  CertificateSpec spec = leaf({"peer.example"});
  // certificatePolicies that says 1.2.3.4, critical or not, which no anchor knows.
  spec.raw_extensions = {{NID_certificate_policies, "\x30\x07\x30\x05\x06\x03\x2a\x03\x04"s}};
  EXPECT_EQ(outcome(spec), "accepted");
}

}  // namespace
}  // namespace portcullis::certs
