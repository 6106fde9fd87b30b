#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <string>
#include <string_view>

#include "certs/own/credentials.h"
#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using policy::Reason;
using test::CertificateSpec;
using test::copy;
using test::Issued;
using test::kNow;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

CertificateSpec named(std::vector<std::string> names) {
  CertificateSpec spec = test::leaf_spec("leaf");
  spec.dns_names = std::move(names);
  return spec;
}

VerifyResult verify(const CertificateSpec& spec, std::string_view reference) {
  return verify_peer({pki().present(pki().leaf(spec)),
                      pki().anchors(),
                      domain(reference),
                      PeerRole::kInitiating,
                      {},
                      kNow});
}

std::string_view outcome(const VerifyResult& verdict) {
  return verdict ? "accepted" : id(verdict.error().refusal.reason);
}

struct NameCase {
  std::string presented;
  std::string_view reference;
  std::string_view outcome;
};

TEST(Names, MatchAsRfc9525Wants) {
  const std::vector<NameCase> cases{
      {"a.example", "a.example", "accepted"},
      {"A.EXAMPLE", "a.example", "accepted"},
      {"a.example", "b.a.example", "name_mismatch"},
      {"b.a.example", "a.example", "name_mismatch"},
      {"*.a.example", "b.a.example", "accepted"},
      {"*.a.example", "xn--bcher-kva.a.example", "accepted"},
      {"*.a.example", "a.example", "name_mismatch"},
      {"*.a.example", "c.b.a.example", "name_mismatch"},
      {"*.example", "a.example", "name_mismatch"},
      {"*", "example", "name_mismatch"},
      {"*.localhost", "localhost", "name_mismatch"},
      {"f*.a.example", "foo.a.example", "name_mismatch"},
      {"*f.a.example", "foof.a.example", "name_mismatch"},
      {"b.*.example", "b.a.example", "name_mismatch"},
      {"*.*.example", "b.a.example", "name_mismatch"},
      {"xn--*.a.example", "xn--bcher-kva.a.example", "name_mismatch"},
  };
  for (const NameCase& c : cases) {
    EXPECT_EQ(outcome(verify(named({c.presented}), c.reference)), c.outcome)
        << c.presented << " for " << c.reference;
  }
}

TEST(Names, AnyOfSeveralWillDo) {
  const CertificateSpec spec = named({"x.example", "peer.example", "y.example"});
  EXPECT_EQ(outcome(verify(spec, "peer.example")), "accepted");
  EXPECT_EQ(outcome(verify(spec, "z.example")), "name_mismatch");
}

TEST(Names, GarbageAnywhereMakesTheCertificateMalformed) {
  using namespace std::string_literals;
  const std::vector<std::string> garbage{
      "peer.example\0.evil.example"s,
      "peer.example\0"s,
      "\0peer.example"s,
      "peer.example "s,
      "peer .example"s,
      "peer_.example"s,
      "b\xc3\xbc"
      "cher.example"s,
      ".example"s,
      "peer..example"s,
      "peer.example."s,
      "-peer.example"s,
      "peer-.example"s,
      "peer.example/x"s,
      "a@peer.example"s,
      std::string(64, 'a') + ".example",
      ""s,
  };
  for (const std::string& name : garbage) {
    // The good name beside it must not save the certificate.
    EXPECT_EQ(outcome(verify(named({"peer.example", name}), "peer.example")), "cert_malformed")
        << testing::PrintToString(name);
  }
}

TEST(Names, ALongNameIsMalformedAndTheLongestIsNot) {
  const std::string label(49, 'a');
  const std::string longest =
      label + "." + label + "." + label + "." + label + "." + label + ".abc";  // 253 octets
  ASSERT_EQ(longest.size(), 253U);
  EXPECT_EQ(outcome(verify(named({"peer.example", longest}), "peer.example")), "accepted");
  EXPECT_EQ(outcome(verify(named({"peer.example", longest + "d"}), "peer.example")),
            "cert_malformed");
}

TEST(Names, AThousandNamesAreReadAndNoMore) {
  CertificateSpec spec = named({"peer.example"});
  for (int i = 1; i < 1000; ++i) spec.dns_names.push_back("n" + std::to_string(i) + ".example");
  EXPECT_EQ(outcome(verify(spec, "peer.example")), "accepted");
  spec.dns_names.push_back("one-too-many.example");
  EXPECT_EQ(outcome(verify(spec, "peer.example")), "cert_malformed");
}

TEST(Names, AnUnparsableExtensionIsMalformed) {
  CertificateSpec spec = named({});
  spec.raw_subject_alt_name = std::string("\x30\x05\x82\x7f", 4) + "abc";
  EXPECT_EQ(outcome(verify(spec, "peer.example")), "cert_malformed");
}

TEST(Names, TheExtensionTwiceIsMalformed) {
  CertificateSpec spec = named({});
  spec.raw_subject_alt_name = std::string("\x30\x0e\x82\x0c", 4) + "peer.example";
  EXPECT_EQ(outcome(verify(spec, "peer.example")), "accepted");
  const Issued leaf = pki().leaf(spec);
  X509_EXTENSION* extension =
      X509_get_ext(leaf.certificate.get(),
                   X509_get_ext_by_NID(leaf.certificate.get(), NID_subject_alt_name, -1));
  ASSERT_EQ(X509_add_ext(leaf.certificate.get(), extension, -1), 1);
  ASSERT_GT(X509_sign(leaf.certificate.get(), pki().intermediate().key.get(), EVP_sha256()), 0);
  EXPECT_EQ(outcome(verify_peer({pki().present(leaf),
                                 pki().anchors(),
                                 domain("peer.example"),
                                 PeerRole::kInitiating,
                                 {},
                                 kNow})),
            "cert_malformed");
}

TEST(NamesDomain, FollowsTheSameRules) {
  const Issued leaf = pki().leaf(named({"a.example", "*.b.example"}));
  EXPECT_TRUE(names_domain(leaf.certificate.get(), domain("a.example")));
  EXPECT_TRUE(names_domain(leaf.certificate.get(), domain("x.b.example")));
  EXPECT_FALSE(names_domain(leaf.certificate.get(), domain("b.example")));
  const Issued of_xmpp = pki().leaf([] {
    CertificateSpec spec = named({});
    spec.other_names = {test::xmpp_addr("a.example"), test::srv_id("_xmpp-server.b.example")};
    return spec;
  }());
  EXPECT_TRUE(names_domain(of_xmpp.certificate.get(), domain("a.example")));
  EXPECT_TRUE(names_domain(of_xmpp.certificate.get(), domain("b.example")));
  EXPECT_FALSE(names_domain(of_xmpp.certificate.get(), domain("c.example")));
  const Issued common_name_only = pki().leaf([] {
    CertificateSpec spec = named({});
    spec.common_name = "a.example";
    return spec;
  }());
  EXPECT_FALSE(names_domain(common_name_only.certificate.get(), domain("a.example")));
}

}  // namespace
}  // namespace portcullis::certs
