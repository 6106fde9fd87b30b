#include <gtest/gtest.h>

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

const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

VerifyResult verify(const std::string& leaf_purposes, const std::string& authority_purposes,
                    PeerRole role, bool fallback, std::string_view reference = "peer.example") {
  CertificateSpec authority = test::authority_spec("Issuing CA");
  authority.purposes = authority_purposes;
  const Issued ca = issue(authority, pki().root());
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.purposes = leaf_purposes;
  PresentedChain chain;
  chain.leaf = issue(spec, ca).certificate;
  chain.sent.push_back(copy(ca.certificate));
  VerifyPolicy policy;
  policy.client_purpose_fallback = fallback;
  return verify_peer(
      {chain, pki().anchors(), DomainName::parse(reference).value(), role, policy, kNow});
}

struct PurposeCase {
  std::string leaf;
  std::string authority;
  std::string_view by_default;   // both roles
  std::string_view by_fallback;  // an initiating peer
};

// Extended key usage, leaf and intermediate; "" is no extension, which means any purpose.
TEST(Purpose, OfTheWholeChainIsTlsServer) {
  const std::vector<PurposeCase> cases{
      {"serverAuth", "serverAuth", "accepted", "accepted"},  // what public CAs issue
      {"serverAuth", "serverAuth,clientAuth", "accepted", "accepted"},
      {"serverAuth,clientAuth", "serverAuth", "accepted", "accepted"},
      {"", "serverAuth", "accepted", "accepted"},
      {"serverAuth", "", "accepted", "accepted"},
      {"", "", "accepted", "accepted"},
      {"clientAuth", "", "wrong_purpose", "accepted"},
      {"clientAuth", "clientAuth", "wrong_purpose", "accepted"},
      {"", "clientAuth", "wrong_purpose", "accepted"},
      {"clientAuth", "serverAuth", "wrong_purpose", "wrong_purpose"},
      {"serverAuth", "clientAuth", "wrong_purpose", "wrong_purpose"},
      {"codeSigning", "", "wrong_purpose", "wrong_purpose"},
      {"codeSigning", "codeSigning", "wrong_purpose", "wrong_purpose"},
      {"emailProtection", "", "wrong_purpose", "wrong_purpose"},
      {"anyExtendedKeyUsage", "", "wrong_purpose", "wrong_purpose"},
  };
  for (const PurposeCase& c : cases) {
    const std::string which = c.leaf + " under " + c.authority;
    for (const PeerRole role : {PeerRole::kInitiating, PeerRole::kReceiving}) {
      EXPECT_EQ(outcome(verify(c.leaf, c.authority, role, false)), c.by_default) << which;
    }
    EXPECT_EQ(outcome(verify(c.leaf, c.authority, PeerRole::kInitiating, true)), c.by_fallback)
        << which;
    // What we connect to is a server, whatever the policy says of clients.
    EXPECT_EQ(outcome(verify(c.leaf, c.authority, PeerRole::kReceiving, true)), c.by_default)
        << which;
  }
}

TEST(Purpose, TheFallbackIsToldApart) {
  const VerifyResult client = verify("clientAuth", "clientAuth", PeerRole::kInitiating, true);
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->client_purpose);
  const VerifyResult server = verify("serverAuth", "serverAuth", PeerRole::kInitiating, true);
  ASSERT_TRUE(server);
  EXPECT_FALSE(server->client_purpose);
}

TEST(Purpose, TheFallbackStillWantsTheName) {
  EXPECT_EQ(
      outcome(verify("clientAuth", "clientAuth", PeerRole::kInitiating, true, "other.example")),
      "name_mismatch");
}

class UserTest : public ::testing::Test {
 protected:
  // Of a user of `reference` on c2s, under a CA with these constraints.
  static std::string_view judge(const CertificateSpec& spec, const std::string& constraints = "",
                                const std::string& reference = "legacy.example") {
    CertificateSpec authority = test::authority_spec("Staff CA");
    authority.name_constraints = constraints;
    const Issued ca = issue(authority, pki().root());
    PresentedChain chain;
    chain.leaf = issue(spec, ca).certificate;
    chain.sent.push_back(copy(ca.certificate));
    VerifyPolicy policy;
    policy.purpose = Purpose::kTlsClient;
    return outcome(verify_peer({chain, pki().anchors(), DomainName::parse(reference).value(),
                                PeerRole::kInitiating, policy, kNow}));
  }
  static CertificateSpec user(const std::vector<std::string>& addresses,
                              const std::string& purposes = "clientAuth") {
    CertificateSpec spec = test::leaf_spec("Alice");
    spec.dns_names.clear();
    for (const std::string& address : addresses) {
      spec.other_names.push_back(test::xmpp_addr(address));
    }
    spec.purposes = purposes;
    return spec;
  }
};

TEST_F(UserTest, IsAClientAndNoServer) {
  EXPECT_EQ(judge(user({})), "accepted");
  EXPECT_EQ(judge(user({}, "")), "accepted");
  EXPECT_EQ(judge(user({}, "clientAuth,serverAuth")), "accepted");
  EXPECT_EQ(judge(user({}, "serverAuth")), "wrong_purpose");
  EXPECT_EQ(judge(user({}, "codeSigning")), "wrong_purpose");
}

TEST_F(UserTest, IsOfTheDomainWhereTheCertificateNamesOne) {
  EXPECT_EQ(judge(user({"alice@legacy.example"})), "accepted");
  EXPECT_EQ(judge(user({"alice@LEGACY.example"})), "accepted");
  EXPECT_EQ(judge(user({"alice@other.example", "alice@legacy.example"})), "accepted");
  for (const char* address : {"alice@other.example", "alice@x.legacy.example", "legacy.example",
                              "@legacy.example", "alice@legacy.example/phone",
                              "alice@bob@legacy.example", "alice@", "alice@*.example", ""}) {
    EXPECT_EQ(judge(user({address})), "name_mismatch") << address;
  }
}

TEST_F(UserTest, ADnsNameIsNoUser) {
  CertificateSpec spec = user({"alice@other.example"});
  spec.dns_names = {"legacy.example"};
  EXPECT_EQ(judge(spec), "name_mismatch");
}

TEST_F(UserTest, IsWithinTheConstraintsOfTheCa) {
  const std::string elsewhere = "critical,permitted;DNS:other.example";
  EXPECT_EQ(judge(user({"alice@legacy.example"}), elsewhere), "name_constraint");
  EXPECT_EQ(judge(user({"alice@other.example"}), elsewhere, "other.example"), "accepted");
  EXPECT_EQ(judge(user({}), elsewhere), "accepted");
}

}  // namespace
}  // namespace portcullis::certs
