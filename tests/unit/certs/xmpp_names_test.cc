#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using namespace std::string_literals;
using test::CertificateSpec;
using test::kNow;
using test::OtherName;
using test::outcome;
using test::srv_id;
using test::xmpp_addr;

const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

CertificateSpec named(std::vector<OtherName> others, std::vector<std::string> dns = {}) {
  CertificateSpec spec = test::leaf_spec("leaf");
  spec.dns_names = std::move(dns);
  spec.other_names = std::move(others);
  return spec;
}

VerifyResult verdict_on(const CertificateSpec& spec, std::string_view reference,
                        Service service = Service::kServer) {
  VerifyPolicy policy;
  policy.service = service;
  return verify_peer({pki().present(pki().leaf(spec)), pki().anchors(),
                      DomainName::parse(reference).value(), PeerRole::kInitiating, policy, kNow});
}

struct NameCase {
  std::string presented;
  std::string_view reference;
  std::string_view outcome;
};

TEST(SrvId, NamesTheServiceAndTheDomain) {
  const std::vector<NameCase> cases{
      {"_xmpp-server.peer.example", "peer.example", "accepted"},
      {"_XMPP-Server.PEER.example", "peer.example", "accepted"},
      {"_xmpp-server.peer.example", "other.example", "name_mismatch"},
      {"_xmpp-server.peer.example", "sub.peer.example", "name_mismatch"},
      {"_xmpp-client.peer.example", "peer.example", "name_mismatch"},
      {"_xmpps-server.peer.example", "peer.example", "name_missing"},
      {"_imap.peer.example", "peer.example", "name_missing"},
      {"xmpp-server.peer.example", "peer.example", "name_missing"},
      {"peer.example", "peer.example", "name_missing"},
      {"", "peer.example", "name_missing"},
      {"_xmpp-server.xn--bcher-kva.example", "bücher.example", "accepted"},
      {"_xmpp-server.", "peer.example", "cert_malformed"},
      {"_xmpp-server..peer.example", "peer.example", "cert_malformed"},
      {"_xmpp-server.peer_x.example", "peer.example", "cert_malformed"},
      {"_xmpp-server.peer.example\0.evil.example"s, "peer.example", "cert_malformed"},
      {"_imap.a.example\0"s, "peer.example", "cert_malformed"},
  };
  for (const NameCase& c : cases) {
    EXPECT_EQ(outcome(verdict_on(named({srv_id(c.presented)}), c.reference)), c.outcome)
        << testing::PrintToString(c.presented) << " for " << c.reference;
  }
}

TEST(SrvId, OfClientsCountsForClients) {
  const CertificateSpec client = named({srv_id("_xmpp-client.peer.example")});
  EXPECT_EQ(outcome(verdict_on(client, "peer.example", Service::kClient)), "accepted");
  const CertificateSpec server = named({srv_id("_xmpp-server.peer.example")});
  EXPECT_EQ(outcome(verdict_on(server, "peer.example", Service::kClient)), "name_mismatch");
}

// The same table for OpenSSL's matching of DNS-IDs and for ours of SRV-IDs.
TEST(Wildcards, MatchAlikeInDnsIdAndSrvId) {
  const std::vector<NameCase> cases{
      {"*", "example", "name_mismatch"},
      {"*", "peer.example", "name_mismatch"},
      {"*.example", "peer.example", "name_mismatch"},
      {"*.peer.example", "a.peer.example", "accepted"},
      {"*.PEER.example", "a.peer.example", "accepted"},
      {"*.peer.example", "xn--bcher-kva.peer.example", "accepted"},
      {"*.peer.example", "peer.example", "name_mismatch"},
      {"*.peer.example", "a.b.peer.example", "name_mismatch"},
      {"*.co.uk", "victim.co.uk", "accepted"},  // no public CA issues it
      {"f*.c.example", "foo.c.example", "name_mismatch"},
      {"*o.c.example", "foo.c.example", "name_mismatch"},
      {"f*o.c.example", "foo.c.example", "name_mismatch"},
      {"xn--*.c.example", "xn--bcher-kva.c.example", "name_mismatch"},
      {"*.*.example", "a.b.example", "name_mismatch"},
      {"a.*.example", "a.b.example", "name_mismatch"},
      {"**.peer.example", "a.peer.example", "name_mismatch"},
      {"*.localhost", "localhost", "name_mismatch"},
      {"*.localhost", "a.localhost", "name_mismatch"},
  };
  for (const NameCase& c : cases) {
    EXPECT_EQ(outcome(verdict_on(named({}, {c.presented}), c.reference)), c.outcome)
        << c.presented << " for " << c.reference;
    EXPECT_EQ(outcome(verdict_on(named({srv_id("_xmpp-server." + c.presented)}), c.reference)),
              c.outcome)
        << "SRV-ID " << c.presented << " for " << c.reference;
  }
}

// `.b.example` and `*.b.example` as what a peer says it is, which OpenSSL would match too widely.
TEST(Wildcards, NeverAreAReference) {
  for (const std::string_view text :
       {".b.example", "*.b.example", "*", "*.example", "f*.example"}) {
    EXPECT_FALSE(DomainName::parse(text)) << text;
  }
}

TEST(XmppAddr, IsTheDomainAndNothingElse) {
  const std::vector<NameCase> cases{
      {"peer.example", "peer.example", "accepted"},
      {"PEER.example", "peer.example", "accepted"},
      {"peer.example", "a.peer.example", "name_mismatch"},
      {"user@peer.example", "peer.example", "name_mismatch"},
      {"peer.example/resource", "peer.example", "name_mismatch"},
      {"*.peer.example", "a.peer.example", "name_mismatch"},
      {"*.peer.example", "peer.example", "name_mismatch"},
      {".peer.example", "peer.example", "name_mismatch"},
      {"peer.example,other", "peer.example", "name_mismatch"},
      {" peer.example", "peer.example", "name_mismatch"},
      {"", "peer.example", "name_mismatch"},
      {"peer.example\xff", "peer.example", "name_mismatch"},
      {"peer.example\0.evil.example"s, "peer.example", "cert_malformed"},
      {"peer.example\0"s, "peer.example", "cert_malformed"},
  };
  for (const NameCase& c : cases) {
    EXPECT_EQ(outcome(verdict_on(named({xmpp_addr(c.presented)}), c.reference)), c.outcome)
        << testing::PrintToString(c.presented) << " for " << c.reference;
  }
}

TEST(Idn, EverySpellingOfOneDomainIsThatDomain) {
  const CertificateSpec dns = named({}, {"xn--bcher-kva.example"});
  for (const std::string_view reference :
       {"bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example",
        "bücher。example", "bu\u0308cher.example"}) {
    EXPECT_EQ(outcome(verdict_on(dns, reference)), "accepted") << reference;
  }
  for (const std::string_view presented :
       {"bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "bücher。example"}) {
    EXPECT_EQ(
        outcome(verdict_on(named({xmpp_addr(std::string(presented))}), "xn--bcher-kva.example")),
        "accepted")
        << presented;
  }
}

TEST(Idn, DoesNotTakeOneDomainForAnother) {
  // Non-transitional: sharp s is a letter of its own.
  EXPECT_EQ(outcome(verdict_on(named({xmpp_addr("faß.example")}), "fass.example")),
            "name_mismatch");
  EXPECT_EQ(outcome(verdict_on(named({xmpp_addr("faß.example")}), "xn--fa-hia.example")),
            "accepted");
  // Cyrillic a.
  EXPECT_EQ(outcome(verdict_on(named({xmpp_addr("\xd0\xb0pple.example")}), "apple.example")),
            "name_mismatch");
  EXPECT_EQ(outcome(verdict_on(named({xmpp_addr("xn--a\x80.example")}), "peer.example")),
            "name_mismatch");
  EXPECT_EQ(outcome(verdict_on(named({}, {"bücher.example"}), "bücher.example")), "cert_malformed");
}

TEST(Idn, RefusesReferencesThatAreNoDomain) {
  for (const std::string_view text : {"xn--zzzzzzzzzzzz99999.example", "xn--.example",
                                      "１２７.0.0.1", "a_b.example", "peer.example\xc0\x80"}) {
    EXPECT_FALSE(DomainName::parse(text)) << text;
  }
}

// CVE-2024-6119 and others: an otherName of any type must neither match, nor hide, nor crash.
TEST(OtherNames, OfAWrongTypeArePassedOver) {
  const std::vector<int> types{
      V_ASN1_UTF8STRING, V_ASN1_IA5STRING, V_ASN1_OCTET_STRING,    V_ASN1_PRINTABLESTRING,
      V_ASN1_T61STRING,  V_ASN1_BMPSTRING, V_ASN1_UNIVERSALSTRING, V_ASN1_VISIBLESTRING,
      V_ASN1_BIT_STRING, V_ASN1_NULL,      V_ASN1_GENERALIZEDTIME, V_ASN1_NUMERICSTRING};
  // Newer ones do not read a certificate that holds a GeneralizedTime of fewer octets.
  const std::size_t least_time = OpenSSL_version_num() >= 0x30500000UL ? 15 : 0;
  for (const int kind : {NID_SRVName, NID_XmppAddr, NID_id_on_SmtpUTF8Mailbox, NID_ms_upn}) {
    for (const int type : types) {
      const bool is_right = (kind == NID_SRVName && type == V_ASN1_IA5STRING) ||
                            (kind == NID_XmppAddr && type == V_ASN1_UTF8STRING);
      // Lengths that are whole characters in UCS-2 and UCS-4 too, as else nothing parses.
      const std::string_view reference = kind == NID_SRVName ? "partner.example" : "peer.example";
      const std::string label = kind == NID_SRVName ? "_xmpp-server." : "";
      const OtherName odd{kind, type, label + std::string(reference)};
      const bool refused = type == V_ASN1_GENERALIZEDTIME && odd.octets.size() < least_time;
      EXPECT_EQ(outcome(verdict_on(named({odd}), reference)), refused    ? "cert_malformed"
                                                              : is_right ? "accepted"
                                                                         : "name_missing")
          << kind << " as " << type;
      EXPECT_EQ(outcome(verdict_on(named({odd}, {"other.example"}), "other.example")),
                refused ? "cert_malformed" : "accepted")
          << kind << " as " << type;
    }
  }
}

std::string der(unsigned char tag, const std::string& content) {
  return std::string{static_cast<char>(tag), static_cast<char>(content.size())} + content;
}

// As above, but with every tag there is, constructed or not, of every class, around the right text.
TEST(OtherNames, OfAnyTagNeverMatchOrCrash) {
  // id-on-dnsSRV and id-on-xmppAddr.
  const std::string oids[] = {"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x07",
                              "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x05"};
  for (const bool is_srv : {true, false}) {
    const std::string text = is_srv ? "_xmpp-server.x.example" : "x.example";
    const unsigned char right = is_srv ? V_ASN1_IA5STRING : V_ASN1_UTF8STRING;
    for (unsigned tag = 0; tag < 256; ++tag) {
      if ((tag & 0x1fU) == 0x1fU) continue;  // the first octet of a longer tag
      const std::string value = der(static_cast<unsigned char>(tag), text);
      const std::string other = der(0xa0, oids[is_srv ? 0 : 1] + der(0xa0, value));
      CertificateSpec spec = named({});
      spec.raw_subject_alt_name = der(0x30, other + der(0x82, "y.example"));
      EXPECT_EQ(outcome(verdict_on(spec, "x.example")) == "accepted", tag == right) << tag;
      // Where it parses at all, it does not take the name beside it away.
      const std::string_view beside = outcome(verdict_on(spec, "y.example"));
      EXPECT_TRUE(beside == "accepted" || beside == "cert_malformed") << tag << beside;
    }
  }
}

TEST(OtherNames, AnyOneOfSeveralWillDo) {
  const CertificateSpec spec =
      named({xmpp_addr("x.example"), srv_id("_xmpp-server.y.example"), xmpp_addr("user@z.example")},
            {"d.example"});
  for (const std::string_view good : {"x.example", "y.example", "d.example"}) {
    EXPECT_EQ(outcome(verdict_on(spec, good)), "accepted") << good;
  }
  const VerifyResult verdict = verdict_on(spec, "z.example");
  ASSERT_EQ(outcome(verdict), "name_mismatch");
  for (const char* listed : {"d.example", "_xmpp-server.y.example", "x.example"}) {
    EXPECT_NE(verdict.error().refusal.text.find(listed), std::string::npos) << listed;
  }
}

TEST(OtherNames, AHundredThousandAreRefusedQuickly) {
  CertificateSpec spec = named({}, {"peer.example"});
  for (int i = 0; i < 100'000; ++i) spec.dns_names.push_back("n" + std::to_string(i) + ".example");
  const PresentedChain chain = pki().present(pki().leaf(spec));
  const ReferenceName reference = DomainName::parse("peer.example").value();
  const auto begin = std::chrono::steady_clock::now();
  const VerifyResult verdict =
      verify_peer({chain, pki().anchors(), reference, PeerRole::kInitiating, {}, kNow});
  EXPECT_EQ(outcome(verdict), "cert_malformed");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST(Addresses, AreMatchedOnlyWhenAskedFor) {
  CertificateSpec spec = named({}, {"192.0.2.7"});
  spec.addresses = {"192.0.2.1", "2001:db8::1"};
  const PresentedChain chain = pki().present(pki().leaf(spec));
  const auto ask = [&](std::string_view address) {
    return outcome(verify_peer({chain,
                                pki().anchors(),
                                IpAddress::parse(address).value(),
                                PeerRole::kReceiving,
                                {},
                                kNow}));
  };
  EXPECT_EQ(ask("192.0.2.1"), "accepted");
  EXPECT_EQ(ask("2001:DB8:0::1"), "accepted");
  EXPECT_EQ(ask("192.0.2.2"), "name_mismatch");
  EXPECT_EQ(ask("192.0.2.7"), "name_mismatch");  // a dNSName is no address
  EXPECT_EQ(outcome(verdict_on(spec, "peer.example")), "name_mismatch");
  for (const std::string_view text : {"", "192.0.2", "192.0.2.1.", "::g", "peer.example", " ::1"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse("192.0.2.1\0"s));
}

}  // namespace
}  // namespace portcullis::certs
