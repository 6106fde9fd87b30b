#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "certs/verify.h"
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

Verdict verify(const std::string& leaf_purposes, const std::string& authority_purposes,
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
  return verify_peer(chain, pki().anchors(), DomainName::parse(reference).value(), role, policy,
                     kNow);
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
  const Verdict client = verify("clientAuth", "clientAuth", PeerRole::kInitiating, true);
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->client_purpose);
  const Verdict server = verify("serverAuth", "serverAuth", PeerRole::kInitiating, true);
  ASSERT_TRUE(server);
  EXPECT_FALSE(server->client_purpose);
}

TEST(Purpose, TheFallbackStillWantsTheName) {
  EXPECT_EQ(
      outcome(verify("clientAuth", "clientAuth", PeerRole::kInitiating, true, "other.example")),
      "name_mismatch");
}

}  // namespace
}  // namespace portcullis::certs
