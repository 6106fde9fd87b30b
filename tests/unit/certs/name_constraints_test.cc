#include "certs/verify/checks/name_constraints.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <string>
#include <string_view>
#include <vector>

#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::CertificateSpec;
using test::copy;
using test::Issued;
using test::kNow;
using test::outcome;
using test::srv_id;
using test::xmpp_addr;

const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

CertificateSpec named(std::vector<std::string> dns, std::vector<test::OtherName> others = {}) {
  CertificateSpec spec = test::leaf_spec("leaf");
  spec.dns_names = std::move(dns);
  spec.other_names = std::move(others);
  return spec;
}

VerifyResult verify_under(const CertificateSpec& authority, const CertificateSpec& leaf,
                          std::string_view reference) {
  const Issued ca = issue(authority, pki().root());
  PresentedChain chain;
  chain.leaf = issue(leaf, ca).certificate;
  chain.sent.push_back(copy(ca.certificate));
  return verify_peer({chain,
                      pki().anchors(),
                      DomainName::parse(reference).value(),
                      PeerRole::kReceiving,
                      {},
                      kNow});
}

VerifyResult verify(const std::string& constraints, const CertificateSpec& leaf,
                    std::string_view reference) {
  CertificateSpec authority = test::authority_spec("Constrained CA");
  authority.name_constraints = constraints;
  return verify_under(authority, leaf, reference);
}

std::string dns_constraint(const std::string& list, const std::string& base) {
  return "critical," + list + ";DNS:" + base;
}

constexpr char kGoodOnly[] = "critical,permitted;DNS:good.example";

// Row 1: OpenSSL does not put names of XMPP to a dNSName constraint.
TEST(NameConstraints, HoldForXmppAddrAndSrvId) {
  for (const auto& other : {xmpp_addr("victim.example"), srv_id("_xmpp-server.victim.example"),
                            srv_id("_xmpp-server.*.victim.example"), xmpp_addr("VICTIM.example")}) {
    const std::string_view reference =
        other.octets.find('*') == std::string::npos ? "victim.example" : "a.victim.example";
    const VerifyResult verdict = verify(kGoodOnly, named({"x.good.example"}, {other}), reference);
    ASSERT_EQ(outcome(verdict), "name_constraint") << other.octets;
    EXPECT_EQ(verdict.error().depth, 1);
    EXPECT_NE(verdict.error().refusal.text.find("Constrained CA"), std::string::npos);
    EXPECT_EQ(outcome(verify(kGoodOnly, named({"x.good.example"}, {other}), "x.good.example")),
              "accepted");
  }
  EXPECT_EQ(outcome(verify(kGoodOnly, named({}, {xmpp_addr("a.good.example")}), "a.good.example")),
            "accepted");
  EXPECT_EQ(
      outcome(verify(kGoodOnly, named({}, {srv_id("_xmpp-server.good.example")}), "good.example")),
      "accepted");
  EXPECT_EQ(outcome(verify("critical,excluded;DNS:victim.example",
                           named({}, {xmpp_addr("victim.example")}), "victim.example")),
            "name_constraint");
}

TEST(NameConstraints, HoldForXmppNamesWhenTheAnchorHasThem) {
  CertificateSpec authority = test::authority_spec("Constrained Root");
  authority.name_constraints = kGoodOnly;
  const Issued root = test::issue_self_signed(authority);
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  const auto ask = [&](const std::string& name) {
    const Issued leaf = issue(named({}, {xmpp_addr(name)}), root);
    return outcome(verify_peer({{copy(leaf.certificate), {}},
                                anchors,
                                DomainName::parse(name).value(),
                                PeerRole::kInitiating,
                                {},
                                kNow}));
  };
  EXPECT_EQ(ask("victim.example"), "name_constraint");
  EXPECT_EQ(ask("good.example"), "accepted");
}

// Row 2, the class of CVE-2025-61727: a wildcard that covers what is excluded.
TEST(NameConstraints, HoldForTheReferenceBehindAWildcard) {
  const std::string excluded = "critical,excluded;DNS:bar.a.example";
  for (const CertificateSpec& leaf :
       {named({"*.a.example"}), named({}, {srv_id("_xmpp-server.*.a.example")})}) {
    EXPECT_EQ(outcome(verify(excluded, leaf, "bar.a.example")), "name_constraint");
    EXPECT_EQ(outcome(verify(excluded, leaf, "foo.a.example")), "accepted");
    EXPECT_EQ(outcome(verify(excluded, leaf, "foobar.a.example")), "accepted");
  }
}

TEST(NameConstraints, AWildcardSrvIdMustLieWithinWhatIsPermitted) {
  const std::string permitted = "critical,permitted;DNS:b.a.example";
  EXPECT_EQ(
      outcome(verify(permitted, named({}, {srv_id("_xmpp-server.*.a.example")}), "b.a.example")),
      "name_constraint");
  EXPECT_EQ(outcome(verify(
                permitted,
                named({}, {srv_id("_xmpp-server.*.a.example"), srv_id("_xmpp-server.b.a.example")}),
                "b.a.example")),
            "accepted");
}

// Row 3 and 4.
TEST(NameConstraints, OfOtherNamesRefuseEveryCertificateThatHasOne) {
  const std::string constraint = "critical,permitted;otherName:1.3.6.1.5.5.7.8.5;UTF8:good.example";
  const VerifyResult verdict =
      verify(constraint, named({"good.example"}, {xmpp_addr("good.example")}), "good.example");
  ASSERT_EQ(outcome(verdict), "name_constraint");
  EXPECT_NE(verdict.error().refusal.text.find("CN=Constrained CA, which constrains a kind of name"),
            std::string::npos)
      << verdict.error().refusal.text;
  EXPECT_EQ(outcome(verify(constraint, named({"good.example"}), "good.example")), "accepted");
}

// Row 5.
TEST(NameConstraints, WithABaseThatIsNoHostNameAreRefused) {
  for (const std::string base :
       {".good.example", "*.good.example", "good_.example", "good..example", "good.example."}) {
    for (const std::string list : {"permitted", "excluded"}) {
      const std::string constraint = dns_constraint(list, base);
      const std::string_view name = list == "permitted" ? "a.good.example" : "a.bad.example";
      EXPECT_EQ(outcome(verify(constraint, named({std::string(name)}), name)), "name_constraint")
          << constraint;
    }
  }
}

TEST(NameConstraints, PermitTheSubtree) {
  const std::string permitted = "critical,permitted;DNS:A.example";
  EXPECT_EQ(outcome(verify(permitted, named({"a.example"}), "a.example")), "accepted");
  EXPECT_EQ(outcome(verify(permitted, named({"x.a.example"}), "x.a.example")), "accepted");
  EXPECT_EQ(outcome(verify(permitted, named({"xa.example"}), "xa.example")), "name_constraint");
  EXPECT_EQ(outcome(verify(permitted, named({}, {xmpp_addr("xa.example")}), "xa.example")),
            "name_constraint");
  const std::string two = "critical,permitted;DNS:a.example,permitted;DNS:b.example";
  EXPECT_EQ(outcome(verify(two, named({}, {xmpp_addr("b.example")}), "b.example")), "accepted");
  EXPECT_EQ(outcome(verify(two, named({}, {xmpp_addr("c.example")}), "c.example")),
            "name_constraint");
}

TEST(NameConstraints, ExclusionBeatsPermission) {
  const std::string both = "critical,permitted;DNS:a.example,excluded;DNS:x.a.example";
  EXPECT_EQ(outcome(verify(both, named({}, {xmpp_addr("a.example")}), "a.example")), "accepted");
  EXPECT_EQ(outcome(verify(both, named({}, {xmpp_addr("x.a.example")}), "x.a.example")),
            "name_constraint");
}

TEST(NameConstraints, WithoutASubtreeAreInvalid) {
  CertificateSpec authority = test::authority_spec("CA with empty constraints");
  authority.raw_extensions = {{NID_name_constraints, std::string("\x30\x00", 2)}};
  EXPECT_EQ(outcome(verify_under(authority, named({"a.example"}), "a.example")), "chain_invalid");
  authority.raw_extensions = {{NID_name_constraints, std::string("\x30\x03\x02\x01\x01", 5)}};
  EXPECT_NE(outcome(verify_under(authority, named({"a.example"}), "a.example")), "accepted");
}

}  // namespace
}  // namespace portcullis::certs
