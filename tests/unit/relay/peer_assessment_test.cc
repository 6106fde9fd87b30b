// Unit tests of the assessments of a peer, with real certificates under a real snapshot.

#include "proxy/relay/peer_assessment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/x509/spki_pin.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using policy::Verdict;
using test::kNow;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto kNoEnd = std::chrono::sys_seconds::max();
const std::string kRoots = "[s2s]\nroots = \"roots.pem\"\n";
const std::string kObserve = "[policy]\nmode = \"observe\"\n";

class PeerAssessmentTest : public testing::Test {
 protected:
  SnapshotPtr snapshot(const std::string& more) {
    const auto built = world_.build(more);
    EXPECT_TRUE(built.snapshot) << texts(built);
    return built.snapshot;
  }
  static PeerEvidence shown(const test::CertificateSpec& spec,
                            TlsVersion version = TlsVersion::kTls13) {
    return {pki().present(pki().leaf(spec)), version, certs::PeerRole::kInitiating};
  }
  static PeerEvidence nothing_shown() {
    return {{}, TlsVersion::kTls13, certs::PeerRole::kInitiating};
  }
  static test::CertificateSpec expired() {
    auto spec = test::leaf_spec("peer.example");
    spec.until = kNow - std::chrono::days(1);
    return spec;
  }
  PeerAssessment assess(const SnapshotPtr& by, const PeerEvidence& evidence,
                        std::string_view remote = "peer.example") {
    return assess_peer(*by, evidence, local_, domain(remote), kNow);
  }
  // The verdict and all its reasons, as words.
  static std::string told(const policy::Decision& decision) {
    std::string text(policy::name(decision.verdict));
    if (decision.refusal) text += " " + std::string(policy::id(decision.refusal->reason));
    for (const auto& one : decision.further) text += " " + std::string(policy::id(one.reason));
    return text;
  }

  SnapshotWorld world_;
  const DomainName local_ = domain("legacy.example");
  const test::CertificateSpec good_ = test::leaf_spec("peer.example");
};

// ---- assess_peer()

TEST_F(PeerAssessmentTest, AcceptsAGoodCertificateUntilItEnds) {
  const auto assessment = assess(snapshot(kRoots), shown(good_));
  EXPECT_EQ(told(assessment.decision), "accepted");
  EXPECT_EQ(assessment.expires, good_.until);
  EXPECT_EQ(assessment.depth, std::nullopt);
}

TEST_F(PeerAssessmentTest, RefusesANameThatServersReadAsAnother) {
  const auto evidence = shown(test::leaf_spec("xn--fa-hia.example"));
  for (const auto& mode : {kRoots, kRoots + kObserve}) {
    const auto assessment = assess(snapshot(mode), evidence, "fa\u00df.example");
    EXPECT_EQ(told(assessment.decision), "rejected name_ambiguous");
    EXPECT_THAT(assessment.decision.refusal->text, testing::HasSubstr("take it for fass.example"));
    EXPECT_EQ(told(assess_federation(snapshot(mode)->config(), local_, domain("xn--fa-hia.example"),
                                     kNow)),
              "rejected name_ambiguous");
  }
}

TEST_F(PeerAssessmentTest, AcceptsAnInternationalName) {
  const auto evidence = shown(test::leaf_spec("xn--bcher-kva.example"));
  EXPECT_EQ(told(assess(snapshot(kRoots), evidence, "b\u00fccher.example").decision), "accepted");
}

TEST_F(PeerAssessmentTest, RefusesWhoShowsNone) {
  const auto assessment = assess(snapshot(kRoots), nothing_shown());
  EXPECT_EQ(told(assessment.decision), "rejected cert_missing");
  EXPECT_EQ(assessment.expires, kNoEnd);
}

TEST_F(PeerAssessmentTest, RefusesTheCertificateOfAnother) {
  const auto assessment = assess(snapshot(kRoots), shown(good_), "other.example");
  EXPECT_EQ(told(assessment.decision), "rejected name_mismatch");
  EXPECT_EQ(assessment.depth, 0);
  EXPECT_EQ(assessment.expires, kNoEnd);
}

TEST_F(PeerAssessmentTest, RefusesWhatIsOverAndTellsWhereInTheChain) {
  const auto assessment = assess(snapshot(kRoots), shown(expired()));
  EXPECT_EQ(told(assessment.decision), "rejected expired");
  EXPECT_EQ(assessment.depth, 0);
}

TEST_F(PeerAssessmentTest, ObserveModeTellsAllThatIsWrong) {
  const auto by = snapshot(kObserve + "[s2s]\nroots = \"roots.pem\"\nmin_tls = \"1.3\"\n");
  EXPECT_EQ(told(assess(by, shown(expired(), TlsVersion::kTls12)).decision),
            "would_reject tls_version_too_low expired");
  EXPECT_EQ(told(assess(by, shown(good_)).decision), "accepted");
}

TEST_F(PeerAssessmentTest, RefusesADomainThatIsDeniedWhateverItShows) {
  const auto by = snapshot(kRoots + "[federation]\ndeny = [\"peer.example\"]\n");
  EXPECT_EQ(told(assess(by, shown(good_)).decision), "rejected federation_denied");
  EXPECT_EQ(told(assess(by, shown(test::leaf_spec("other.example")), "other.example").decision),
            "accepted");
}

TEST_F(PeerAssessmentTest, ADomainThatIsLocalOnlySpeaksToNobody) {
  const auto by = snapshot(kRoots + "[federation]\nlocal_only = [\"legacy.example\"]\n");
  EXPECT_EQ(told(assess(by, shown(good_)).decision), "rejected federation_denied");
}

TEST_F(PeerAssessmentTest, AnExceptionIsToldAndHoldsForItsDomainAlone) {
  const auto by = snapshot(kRoots +
                           "[[s2s.exception]]\ndomain = \"peer.example\"\n"
                           "allow = [\"expired\"]\nuntil = 2026-06-20\nwhy = \"renewal\"\n");
  EXPECT_EQ(told(assess(by, shown(expired())).decision), "excepted expired");
  auto other = test::leaf_spec("other.example");
  other.until = kNow - std::chrono::days(1);
  EXPECT_EQ(told(assess(by, shown(other), "other.example").decision), "rejected expired");
  EXPECT_EQ(told(assess(by, nothing_shown()).decision), "rejected cert_missing");
}

// Whom a key of dialback may be told: the policy itself knows the peer, or a pin does.
TEST_F(PeerAssessmentTest, SaysWhetherItIsIdentified) {
  const auto pin_of = [](const PeerEvidence& evidence) {
    return certs::spki_pin_text(evidence.chain.leaf.get());
  };
  const auto with = [&](const std::string& allow, const std::string& pin = "") {
    return snapshot(kRoots + "[[s2s.exception]]\ndomain = \"peer.example\"\nallow = [\"" + allow +
                    "\"]\nuntil = 2026-06-20\nwhy = \"renewal\"\n" +
                    (pin.empty() ? "" : "pins = [\"" + pin + "\"]\n"));
  };
  const auto old = shown(expired());
  EXPECT_TRUE(assess(snapshot(kRoots), shown(good_)).identified);
  EXPECT_TRUE(assess(with("expired"), shown(good_)).identified);
  EXPECT_TRUE(assess(with("expired", pin_of(old)), old).identified);
  const auto without = assess(with("expired"), old);
  EXPECT_EQ(told(without.decision), "excepted expired");
  EXPECT_FALSE(without.identified);
  const auto of_another = assess(with("expired", pin_of(shown(good_))), old);
  EXPECT_EQ(told(of_another.decision), "excepted expired");
  EXPECT_FALSE(of_another.identified);
  EXPECT_FALSE(assess(snapshot(kRoots), old).identified);
  EXPECT_FALSE(assess(snapshot(kObserve + kRoots), old).identified);
  EXPECT_FALSE(assess(snapshot(kRoots), nothing_shown()).identified);
}

TEST_F(PeerAssessmentTest, AnExceptionThatIsOverHelpsNobody) {
  const auto by = snapshot(kRoots +
                           "[[s2s.exception]]\ndomain = \"peer.example\"\n"
                           "allow = [\"expired\"]\nuntil = 2026-06-20\nwhy = \"renewal\"\n");
  const auto later = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::June / 21);
  EXPECT_EQ(told(assess_peer(*by, shown(expired()), local_, domain("peer.example"),
                             later - std::chrono::seconds(1))
                     .decision),
            "excepted expired");
  EXPECT_EQ(
      told(assess_peer(*by, shown(expired()), local_, domain("peer.example"), later).decision),
      "rejected expired");
}

// Whichever ends first: the exception, or what of the chain it does not waive.
TEST_F(PeerAssessmentTest, LastsNoLongerThanItsException) {
  const auto with = [&](const std::string& until) {
    return snapshot(kRoots +
                    "[[s2s.exception]]\ndomain = \"peer.example\"\n"
                    "allow = [\"expired\"]\nuntil = " +
                    until + "\nwhy = \"renewal\"\n");
  };
  const auto june = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::June / 21);
  const auto by = with("2026-06-20");
  EXPECT_EQ(assess(by, shown(expired())).expires, june - std::chrono::seconds(1));
  EXPECT_EQ(assess(by, shown(good_)).expires, good_.until);
  const auto far = assess(with("2099-01-01"), shown(expired())).expires;
  EXPECT_LT(far, std::chrono::sys_days(std::chrono::year(2099) / std::chrono::January / 2));
}

TEST_F(PeerAssessmentTest, UsesTheRootsOfTheRemoteDomainsRule) {
  const auto corp = test::issue_self_signed(test::authority_spec("Corp CA"));
  world_.write("corp.pem", test::pem(corp.certificate.get()));
  const auto by =
      snapshot(kRoots + "[[s2s.rule]]\nmatch = [\"*.corp.example\"]\nroots = \"corp.pem\"\n");
  const auto of_corp = [&corp](const std::string& name) {
    return PeerEvidence{{test::issue(test::leaf_spec(name), corp).certificate, {}},
                        TlsVersion::kTls13,
                        certs::PeerRole::kInitiating};
  };
  EXPECT_EQ(told(assess(by, of_corp("a.corp.example"), "a.corp.example").decision), "accepted");
  EXPECT_EQ(assess(by, of_corp("b.example"), "b.example").decision.verdict, Verdict::kRejected);
  EXPECT_EQ(assess(by, shown(test::leaf_spec("a.corp.example")), "a.corp.example").decision.verdict,
            Verdict::kRejected);
}

TEST_F(PeerAssessmentTest, ARefusalNamesTheContactOfTheOperator) {
  const auto by = snapshot("[policy]\ncontact = \"admin@legacy.example\"\n" + kRoots);
  const auto decision = assess(by, nothing_shown()).decision;
  ASSERT_TRUE(decision.refusal);
  EXPECT_THAT(decision.refusal->text, testing::HasSubstr("admin@legacy.example"));
}

// ---- assess_federation()

TEST_F(PeerAssessmentTest, FederationNeedsNoCertificate) {
  const auto by = snapshot(kRoots + "[federation]\ndeny = [\"*.bad.example\"]\n");
  const auto of = [&](std::string_view remote) {
    return told(assess_federation(by->config(), local_, domain(remote), kNow));
  };
  EXPECT_EQ(of("peer.example"), "accepted");
  EXPECT_EQ(of("a.bad.example"), "rejected federation_denied");
  EXPECT_EQ(of("bad.example"), "accepted");
}

TEST_F(PeerAssessmentTest, WhoIsNotAllowedIsDeniedWhereTheDefaultDenies) {
  const auto by = snapshot(kRoots + "[federation]\ndefault = \"deny\"\nallow = [\"ok.example\"]\n");
  EXPECT_EQ(told(assess_federation(by->config(), local_, domain("ok.example"), kNow)), "accepted");
  EXPECT_EQ(told(assess_federation(by->config(), local_, domain("peer.example"), kNow)),
            "rejected federation_denied");
}

// ---- assess_client()

class ClientAssessmentTest : public PeerAssessmentTest {
 protected:
  ClientAssessmentTest() { world_.write("clients.pem", test::pem(authority_.certificate.get())); }
  SnapshotPtr asking(const std::string& how, const std::string& more = "") {
    return snapshot(more + kRoots + "[c2s]\nclient_certificate = \"" + how +
                    "\"\nclient_roots = \"clients.pem\"\n");
  }
  static PeerEvidence shown_by(certs::PresentedChain chain) {
    return {std::move(chain), TlsVersion::kTls12, certs::PeerRole::kInitiating};
  }
  std::string client(const SnapshotPtr& by, certs::PresentedChain chain) {
    return told(assess_client(*by, shown_by(std::move(chain)), local_, kNow).decision);
  }
  certs::PresentedChain of(const test::CertificateSpec& spec) const {
    return {test::issue(spec, authority_).certificate, {}};
  }
  certs::PresentedChain of_user(const std::string& address) const {
    test::CertificateSpec spec;
    spec.other_names.push_back(test::xmpp_addr(address));
    spec.purposes = "clientAuth";
    return of(spec);
  }

  const test::Issued authority_ = test::issue_self_signed(test::authority_spec("Clients' CA"));
};

TEST_F(ClientAssessmentTest, NobodyIsAskedUnlessTheConfigurationSaysSo) {
  EXPECT_EQ(client(snapshot(kRoots), {}), "accepted");
  EXPECT_EQ(client(snapshot(kRoots), of_user("romeo@other.example")), "accepted");
}

TEST_F(ClientAssessmentTest, ForwardSecrecyIsDemandedOfThemToo) {
  const PeerEvidence evidence{{}, TlsVersion::kTls12, certs::PeerRole::kInitiating, false};
  const auto judged = [&](const std::string& more) {
    return told(assess_client(*snapshot(more + kRoots), evidence, local_, kNow).decision);
  };
  EXPECT_EQ(judged(""), "rejected tls_no_forward_secrecy");
  EXPECT_EQ(judged(kObserve), "would_reject tls_no_forward_secrecy");
  EXPECT_EQ(judged("[policy]\nforward_secrecy = false\n"), "accepted");
}

TEST_F(ClientAssessmentTest, WhereItIsRequestedNoneIsNeeded) {
  EXPECT_EQ(client(asking("request"), {}), "accepted");
}

TEST_F(ClientAssessmentTest, WhereItIsRequestedABadOneIsRefused) {
  EXPECT_EQ(client(asking("request"), of_user("romeo@legacy.example")), "accepted");
  EXPECT_THAT(client(asking("request"), of_user("romeo@other.example")),
              testing::StartsWith("rejected name_"));
}

TEST_F(ClientAssessmentTest, LastsAsLongAsTheCertificateThatWasAccepted) {
  test::CertificateSpec spec;
  spec.other_names.push_back(test::xmpp_addr("romeo@legacy.example"));
  spec.purposes = "clientAuth";
  const auto by = asking("request");
  EXPECT_EQ(assess_client(*by, shown_by(of(spec)), local_, kNow).expires, spec.until);
  EXPECT_EQ(assess_client(*by, shown_by({}), local_, kNow).expires, kNoEnd);
  EXPECT_EQ(assess_client(*snapshot(kRoots), shown_by(of(spec)), local_, kNow).expires, kNoEnd);
}

TEST_F(ClientAssessmentTest, WhereItIsRequiredNoneIsRefused) {
  EXPECT_EQ(client(asking("required"), {}), "rejected cert_missing");
  EXPECT_EQ(client(asking("required"), of_user("romeo@legacy.example")), "accepted");
}

TEST_F(ClientAssessmentTest, ACertificateForServersIsNoneForClients) {
  auto spec = test::leaf_spec("legacy.example");
  spec.purposes = "serverAuth";
  EXPECT_EQ(client(asking("required"), of(spec)), "rejected wrong_purpose");
}

TEST_F(ClientAssessmentTest, TheRootsOfServersVouchForNoClient) {
  test::CertificateSpec spec;
  spec.purposes = "clientAuth";
  certs::PresentedChain chain{test::issue(spec, pki().root()).certificate, {}};
  EXPECT_THAT(client(asking("required"), std::move(chain)),
              testing::AnyOf("rejected untrusted_issuer", "rejected missing_intermediate"));
}

TEST_F(ClientAssessmentTest, ObserveModeLetsThemPassAndTells) {
  EXPECT_EQ(client(asking("required", kObserve), {}), "would_reject cert_missing");
}

// ---- assess_backend()

class BackendAssessmentTest : public testing::Test {
 protected:
  BackendAssessmentTest() {
    world_.write("backend.pem", test::pem(first_.certificate.get()));
    world_.write("second.pem", test::pem(second_.certificate.get()));
    world_.certify("second-host", test::leaf_spec("second.example"));
    const auto built = world_.build(kRoots +
                                    "[[host]]\ndomain = \"second.example\"\ncertificates = [ { "
                                    "chain = \"second-host.pem\", key = \"second-host.key\" } ]\n"
                                    "[host.backend]\ns2s = \"127.0.0.1:15269\"\n"
                                    "certificate = \"second.pem\"\n");
    EXPECT_TRUE(built.snapshot) << texts(built);
    snapshot_ = built.snapshot;
  }
  // What the operator reads when the backend of second.example shows this.
  std::string told(const certs::PresentedChain& chain) {
    const auto& host = snapshot_->config().hosts.at(1);
    const auto refusal = assess_backend(*snapshot_, host, chain);
    if (!refusal) return {};
    EXPECT_EQ(refusal->reason, policy::Reason::kNotTheBackend);
    return policy::at_home(*refusal, {StreamKind::kS2sInbound, "peer.example", "second.example"});
  }

  SnapshotWorld world_;
  const test::Issued first_ = pki().leaf(test::leaf_spec("legacy.example"));
  const test::Issued second_ = pki().leaf(test::leaf_spec("second.example"));
  SnapshotPtr snapshot_;
};

TEST_F(BackendAssessmentTest, TakesThePinnedKey) {
  EXPECT_EQ(told(pki().present(second_)), "");
}

TEST_F(BackendAssessmentTest, NamesTheHostThatHasNoCertificateInTheServer) {
  EXPECT_THAT(
      told(pki().present(first_)),
      AllOf(HasSubstr("your server has no certificate for second.example: it showed that of "
                      "legacy.example; give it one for second.example, and have it in "),
            HasSubstr("second.pem"), HasSubstr("p.toml:"), Not(HasSubstr("copy it")),
            Not(HasSubstr("if this is"))));
}

TEST_F(BackendAssessmentTest, OfAStrangerItOnlySaysIf) {
  const auto text = told(pki().present(pki().leaf(test::leaf_spec("third.example"))));
  EXPECT_THAT(text, AllOf(HasSubstr("if this is your server, it has no certificate for "
                                    "second.example: it showed that of third.example"),
                          Not(HasSubstr("copy it"))));
}

TEST_F(BackendAssessmentTest, AnotherKeyForTheSameNameIsANewCertificate) {
  const auto text = told(pki().present(pki().leaf(test::leaf_spec("second.example"))));
  EXPECT_THAT(text, AllOf(HasSubstr("if your server has a new one, copy it there"),
                          Not(HasSubstr("has no certificate"))));
}

TEST_F(BackendAssessmentTest, NoCertificateAtAllIsToldSo) {
  EXPECT_THAT(told({}), HasSubstr("no certificate was shown"));
}

TEST_F(BackendAssessmentTest, ALongNameLeavesTheRestReadable) {
  const std::string label(60, 'a');
  const auto text = told(
      pki().present(pki().leaf(test::leaf_spec(label + "." + label + "." + label + ".example"))));
  EXPECT_THAT(text, AllOf(HasSubstr("give it one for second.example"), HasSubstr("second.pem")));
  EXPECT_LE(text.size(), 512U);
}

}  // namespace
}  // namespace portcullis::relay
