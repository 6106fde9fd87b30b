// Unit tests of what the policy says about what was found, and of how both are shown.

#include "proxy/probe/judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proxy/probe/text.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::probe {
namespace {

using examine::Login;
using examine::Stage;
using policy::Reason;
using policy::Verdict;
using relay::domain;
using relay::pki;
using test::kNow;
using testing::HasSubstr;
using testing::Not;

const std::string kRoots = "[s2s]\nroots = \"roots.pem\"\n";
const std::string kHelp = "[policy]\ncontact = \"xmpp:admin@legacy.example\"\n";

class JudgementTest : public testing::Test {
 protected:
  relay::SnapshotPtr snapshot(const std::string& more = kHelp + kRoots) {
    const auto built = world_.build(more);
    EXPECT_TRUE(built.snapshot);
    return built.snapshot;
  }

  static Address address(int last = 1) {
    const auto at = *net::SocketAddress::from(Endpoint{"192.0.2." + std::to_string(last), 5269});
    return {at, domain("host.peer.example")};
  }
  static test::CertificateSpec expired() {
    auto spec = test::leaf_spec("peer.example");
    spec.until = kNow - std::chrono::days(1);
    return spec;
  }
  // All went well, with that certificate.
  static Address shows(const test::CertificateSpec& spec, int last = 1) {
    auto one = address(last);
    one.seen.emplace();
    one.seen->stage = Stage::kDone;
    one.seen->clear = examine::Offer{.starttls = true, .starttls_required = true};
    one.seen->tls.emplace();
    one.seen->tls->facts.version = TlsVersion::kTls13;
    one.seen->tls->facts.cipher = "TLS_AES_256_GCM_SHA384";
    one.seen->tls->chain = pki().present(pki().leaf(spec));
    one.seen->secured = examine::Offer{.mechanisms = {"EXTERNAL"}};
    one.seen->login = Login::kAccepted;
    return one;
  }
  static Address fails(Stage stage, Reason reason, int last = 1) {
    auto one = address(last);
    one.seen.emplace();
    one.seen->stage = stage;
    one.seen->failure = examine::Findings::Failure{stage, policy::refuse(reason)};
    return one;
  }
  template <class... One>
  static Findings found(One... one) {
    Findings findings;
    (findings.addresses.push_back(std::move(one)), ...);
    return findings;
  }
  Judgement judged(const Findings& findings) {
    return judge(*snapshot(), subject_, findings, kNow);
  }
  static Reason reason(const Judgement& judgement) {
    EXPECT_TRUE(judgement.domain && judgement.domain->decision.refusal);
    return judgement.domain->decision.refusal->reason;
  }

  relay::SnapshotWorld world_;
  Subject subject_{domain("peer.example"), StreamKind::kS2sOutbound, domain("legacy.example"),
                   true};
  const test::CertificateSpec good_ = test::leaf_spec("peer.example");
};

TEST_F(JudgementTest, MeetsThePolicy) {
  const auto judgement = judged(found(shows(good_)));
  EXPECT_EQ(judgement.outcome, Outcome::kMet);
  EXPECT_EQ(judgement.domain->in_enforce, Verdict::kAccepted);
  EXPECT_EQ(judgement.for_admin, "");
}

TEST_F(JudgementTest, TellsTheAdminWhatIsWrong) {
  const auto judgement = judged(found(shows(expired())));
  EXPECT_EQ(judgement.outcome, Outcome::kNotMet);
  EXPECT_EQ(reason(judgement), Reason::kExpired);
  EXPECT_EQ(judgement.domain->depth, 0);
  EXPECT_EQ(judgement.domain->in_enforce, Verdict::kRejected);
  EXPECT_EQ(judgement.domain->in_observe, Verdict::kWouldReject);
  EXPECT_THAT(judgement.for_admin, HasSubstr("Contact: xmpp:admin@legacy.example"));
}

TEST_F(JudgementTest, IsContentWithOneAddressAndTellsOfTheOthers) {
  const auto judgement = judged(found(fails(Stage::kConnecting, Reason::kPeerUnreachable),
                                      shows(expired(), 2), shows(good_, 3)));
  EXPECT_EQ(judgement.outcome, Outcome::kMet);
  EXPECT_EQ(judgement.addresses[0]->decision.refusal->reason, Reason::kPeerUnreachable);
  EXPECT_EQ(judgement.addresses[1]->decision.refusal->reason, Reason::kExpired);
  EXPECT_THAT(judgement.for_admin, HasSubstr("expired"));
}

TEST_F(JudgementTest, PrefersWhatWasJudgedToWhoWasNotReached) {
  const auto judgement =
      judged(found(fails(Stage::kConnecting, Reason::kPeerUnreachable), shows(expired(), 2)));
  EXPECT_EQ(judgement.outcome, Outcome::kNotMet);
  EXPECT_EQ(reason(judgement), Reason::kExpired);
}

TEST_F(JudgementTest, KnowsNothingOfWhoWasNotReached) {
  const auto judgement = judged(found(fails(Stage::kConnecting, Reason::kPeerUnreachable)));
  EXPECT_EQ(judgement.outcome, Outcome::kUnknown);
  EXPECT_EQ(judgement.for_admin, "");
}

TEST_F(JudgementTest, KnowsNothingOfWhoMayNotBeCalled) {
  auto one = address();
  one.not_called = policy::refuse(Reason::kAddressRefused, {{"detail", "127.0.0.1 is special"}});
  const auto judgement = judged(found(std::move(one)));
  EXPECT_EQ(judgement.outcome, Outcome::kUnknown);
  EXPECT_EQ(reason(judgement), Reason::kAddressRefused);
}

TEST_F(JudgementTest, KnowsNothingWhereDnsDoesNot) {
  Findings findings;
  findings.records.emplace();
  findings.records->refusal = policy::refuse(Reason::kNoSuchService);
  const auto judgement = judged(findings);
  EXPECT_EQ(judgement.outcome, Outcome::kUnknown);
  EXPECT_EQ(reason(judgement), Reason::kNoSuchService);
  EXPECT_EQ(judged({}).outcome, Outcome::kUnknown);
}

TEST_F(JudgementTest, NamesDnsWhereNobodyIsAtTheFallback) {
  auto findings = found(fails(Stage::kConnecting, Reason::kPeerUnreachable));
  findings.records.emplace();
  findings.records->refusal = policy::refuse(Reason::kDnsFailed);
  EXPECT_EQ(reason(judged(findings)), Reason::kDnsFailed);
  findings.addresses.push_back(shows(good_, 2));
  EXPECT_EQ(judged(findings).outcome, Outcome::kMet);
}

TEST_F(JudgementTest, RefusesWhoHasNoTls) {
  const auto judgement = judged(found(fails(Stage::kClear, Reason::kStarttlsNotOffered)));
  EXPECT_EQ(judgement.outcome, Outcome::kNotMet);
  EXPECT_EQ(judgement.domain->in_enforce, Verdict::kRejected);
  EXPECT_NE(judgement.for_admin, "");
}

TEST_F(JudgementTest, RefusesWhoDoesNotAcceptUs) {
  auto one = shows(good_);
  one.seen->login = Login::kNotOffered;
  EXPECT_EQ(reason(judged(found(std::move(one)))), Reason::kExternalNotOffered);
  one = shows(good_);
  one.seen->login = Login::kDeclined;
  one.seen->login_words = "not-authorized (Who?)";
  const auto judgement = judged(found(std::move(one)));
  EXPECT_EQ(reason(judgement), Reason::kRefusedByPeer);
  EXPECT_THAT(judgement.for_admin, HasSubstr("not-authorized (Who?)"));
}

TEST_F(JudgementTest, AcceptsDialbackWhereThatIsConfigured) {
  auto one = shows(good_);
  one.seen->login = Login::kNotOffered;
  one.seen->secured->dialback = true;
  const auto findings = found(std::move(one));
  EXPECT_EQ(judged(findings).outcome, Outcome::kNotMet);
  const auto lenient = snapshot(kRoots + "originate_dialback = \"certified\"\n");
  EXPECT_EQ(judge(*lenient, subject_, findings, kNow).outcome, Outcome::kMet);
}

TEST_F(JudgementTest, NamesAllThatIsWrong) {
  auto one = shows(expired());
  one.seen->login = Login::kNotOffered;
  const auto judgement = judged(found(std::move(one)));
  EXPECT_EQ(reason(judgement), Reason::kExpired);
  ASSERT_EQ(judgement.domain->decision.further.size(), 1U);
  EXPECT_EQ(judgement.domain->decision.further[0].reason, Reason::kExternalNotOffered);
}

TEST_F(JudgementTest, AsksTheAdminOfADeniedDomainForNothing) {
  const auto denying = snapshot(kRoots + "[federation]\ndeny = [\"peer.example\"]\n");
  const auto judgement = judge(*denying, subject_, found(shows(good_)), kNow);
  EXPECT_EQ(judgement.outcome, Outcome::kNotMet);
  EXPECT_EQ(reason(judgement), Reason::kFederationDenied);
  EXPECT_EQ(judgement.for_admin, "");
}

TEST_F(JudgementTest, JudgesWithoutAnyHost) {
  policy::Config config;
  config.s2s.settings.roots = world_.path("roots.pem");
  const auto built = relay::Snapshot::build_to_judge(config, kNow);
  ASSERT_TRUE(built.snapshot);
  const Subject nobody{domain("peer.example")};
  EXPECT_EQ(judge(*built.snapshot, nobody, found(shows(good_)), kNow).outcome, Outcome::kMet);
  EXPECT_EQ(judge(*built.snapshot, nobody, found(shows(expired())), kNow).outcome,
            Outcome::kNotMet);
}

TEST_F(JudgementTest, CannotJudgeWithoutRoots) {
  policy::Config config;
  config.s2s.settings.roots = world_.path("nowhere.pem");
  const auto built = relay::Snapshot::build_to_judge(config, kNow);
  EXPECT_FALSE(built.snapshot);
  EXPECT_FALSE(built.findings.empty());
}

// ---- How it is shown

class ShownTest : public JudgementTest {
 protected:
  std::string text(const Findings& findings) {
    const auto judgement = judged(findings);
    return text_of({subject_, findings, judgement, "p.toml", "no key"});
  }
  nlohmann::json json(const Findings& findings) {
    const auto judgement = judged(findings);
    return nlohmann::json::parse(json_of({subject_, findings, judgement, "p.toml", "no key"}));
  }
};

TEST_F(ShownTest, TellsEverythingAboutOneAddress) {
  const auto shown = text(found(shows(good_)));
  EXPECT_THAT(shown, HasSubstr("peer.example, called for legacy.example\n"));
  EXPECT_THAT(shown, HasSubstr("\n192.0.2.1:5269 host.peer.example, STARTTLS\n"
                               "  before TLS    STARTTLS, required\n"
                               "  TLS           TLSv1.3, TLS_AES_256_GCM_SHA384\n"
                               "  certificate   ECDSA P-256 for peer.example; until "));
  EXPECT_THAT(shown, HasSubstr("  offers        EXTERNAL\n"
                               "  ours          accepted by SASL EXTERNAL\n"
                               "  verdict       accepted\n"));
  EXPECT_THAT(shown, HasSubstr("\nverdict, by p.toml\n"
                               "  now           accepted\n"
                               "  enforce       accepted\n"
                               "  observe       accepted\n"));
  EXPECT_THAT(shown, Not(HasSubstr("For the admin")));
}

TEST_F(ShownTest, PutsEqualAddressesTogether) {
  const auto shown = text(found(shows(good_, 1), shows(good_, 2), shows(expired(), 3)));
  EXPECT_THAT(shown, HasSubstr("\n192.0.2.1:5269 host.peer.example, 192.0.2.2:5269, STARTTLS\n"));
  EXPECT_THAT(shown, HasSubstr("\n192.0.2.3:5269 host.peer.example, STARTTLS\n"));
  EXPECT_THAT(shown, HasSubstr("\nFor the admin of peer.example: Your certificate expired"));
}

TEST_F(ShownTest, TellsWhyNothingOfOursWasShown) {
  subject_.shows_certificate = false;
  auto one = shows(good_);
  one.seen->login = Login::kNotTried;
  EXPECT_THAT(text(found(std::move(one))), HasSubstr("  ours          not shown: no key\n"));
}

TEST_F(ShownTest, TellsWhatDnsSays) {
  Findings findings;
  findings.records.emplace();
  auto& records = *findings.records;
  const net::DnsSigned yes{net::DnsSigned::Verdict::kYes, {}};
  const net::DnsSigned bogus{net::DnsSigned::Verdict::kBogus, "no keys"};
  records.services = {
      {TlsEntry::kDirectTls, {"_xmpps-server._tcp.peer.example", "NXDOMAIN", false, bogus}, {}, 0},
      {TlsEntry::kStartTls,
       {"_xmpp-server._tcp.peer.example", "records", false, yes},
       {{5, 1, 5269, domain("host.peer.example")}},
       0}};
  records.targets.push_back({domain("host.peer.example"),
                             5269,
                             TlsEntry::kStartTls,
                             {*net::SocketAddress::from(Endpoint{"192.0.2.1", 5269})},
                             {"host.peer.example", "no records", false, yes},
                             {"host.peer.example", "records", false, yes},
                             {"_5269._tcp.host.peer.example", "records", false, yes},
                             {{3, 1, 1, "ab"}}});
  const auto shown = text(findings);
  EXPECT_THAT(shown, HasSubstr("  _xmpps-server NXDOMAIN  (wrong signature: no keys)\n"
                               "  _xmpp-server  5 1 5269 host.peer.example  (signed)\n"
                               "  addresses     host.peer.example: 192.0.2.1  (signed)\n"
                               "  TLSA          _5269._tcp.host.peer.example: 3 1 1 ab  "
                               "(not judged)\n"));
  EXPECT_THAT(shown, Not(HasSubstr("DNSSEC ")));
  const auto dns = json(findings)["dns"];
  EXPECT_EQ(dns["services"][0]["signed"], "bogus");
  EXPECT_EQ(dns["targets"][0]["tlsa"]["records"][0], "3 1 1 ab");
}

TEST_F(ShownTest, IsOneObjectForPrograms) {
  auto one = shows(expired());
  one.others.push_back({KeyType::kRsa, {}});
  const auto shown =
      json(found(std::move(one), fails(Stage::kConnecting, Reason::kPeerUnreachable, 2)));
  EXPECT_EQ(shown["schema"], 1);
  EXPECT_EQ(shown["outcome"], "not_met");
  EXPECT_EQ(shown["ruling"]["reason"], "expired");
  EXPECT_EQ(shown["addresses"][0]["certificate"]["key"], "ECDSA P-256");
  EXPECT_TRUE(shown["addresses"][0]["other_certificates"][0]["certificate"].is_null());
  EXPECT_EQ(shown["addresses"][1]["failure"]["stage"], "connecting");
  EXPECT_TRUE(shown["dns"].is_null());
}

}  // namespace
}  // namespace portcullis::probe
