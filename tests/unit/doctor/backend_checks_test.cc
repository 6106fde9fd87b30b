#include "proxy/doctor/backend_answer.h"
#include "tests/unit/doctor/checks_support.h"

namespace portcullis::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using examine::Findings;
using examine::Login;
using examine::Offer;
using examine::Stage;
using policy::ProxyProtocol;
using policy::Reason;

constexpr char kServerNs[] = "jabber:server";
constexpr char kClientNs[] = "jabber:client";

Findings failed(Stage stage, Reason reason, std::string condition = {},
                std::string content_ns = {}) {
  Findings answer{.stage = stage, .content_ns = std::move(content_ns)};
  answer.failure = Findings::Failure{stage, policy::refuse(reason, {{"detail", "as it was"}}),
                                     std::move(condition)};
  return answer;
}

Findings trusting() {
  Findings answer{.stage = Stage::kDone, .content_ns = kServerNs};
  answer.clear = Offer{.starttls = true, .starttls_required = true};
  answer.tls = Findings::Tls{};
  answer.secured = Offer{};
  answer.login = Login::kAccepted;
  return answer;
}

Findings anonymous(bool dialback) {
  auto answer = trusting();
  answer.secured = Offer{.dialback = dialback};
  answer.login = Login::kNotTried;
  return answer;
}

Findings logins(std::vector<std::string> mechanisms) {
  Findings answer{.stage = Stage::kDone, .content_ns = kClientNs};
  answer.clear = Offer{.mechanisms = std::move(mechanisms)};
  return answer;
}

class BackendChecks : public ::testing::Test {
 protected:
  BackendChecks() {
    backend_.kind = policy::BackendKind::kProsody;
    backend_.local_ca = "/ca";
    backend_.s2s = BackendPort{.kind = StreamKind::kS2sInbound,
                               .path = "host[0].backend.s2s",
                               .endpoint = {"127.0.0.1", 15269}};
    backend_.s2s->answer = trusting();
    backend_.s2s->is_pinned = true;
    backend_.c2s = BackendPort{
        .kind = StreamKind::kC2s, .path = "host[0].backend.c2s", .endpoint = {"127.0.0.1", 15222}};
    backend_.c2s->answer = logins({"SCRAM-SHA-1"});
    backend_.anonymous =
        failed(Stage::kSecured, Reason::kRefusedByPeer, "not-authorized", kServerNs);
    backend_.has_sent = true;
  }
  std::vector<std::string_view> check() {
    check_backend(backend_, report_);
    return ids_of(report_);
  }

  policy::Config config_ = config_with_host();
  Report report_{config_};
  BackendFacts backend_{.path = "host[0].backend", .domain = domain("a.example")};
};

TEST_F(BackendChecks, AStrictBackendBehindAGateThatEnforcesIsFine) {
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(BackendChecks, WhatOnlyAStreamOfItsOwnWouldShowIsSaid) {
  backend_.has_sent = false;
  EXPECT_THAT(check(), ElementsAre("backend_trust_unseen"));
}

TEST_F(BackendChecks, ABackendThatTakesNoConnectionIsUnreachable) {
  backend_.s2s->answer = failed(Stage::kConnecting, Reason::kPeerUnreachable);
  EXPECT_THAT(check(), ElementsAre("backend_unreachable"));
  EXPECT_THAT(sentences_of(report_),
              HasSubstr("the server of a.example (s2s at 127.0.0.1:15269) takes no connection: as "
                        "it was"));
}

TEST_F(BackendChecks, ANameWithoutAddressIsUnreachable) {
  backend_.c2s->answer.reset();
  backend_.c2s->no_address = "the name \"prosody\" has no address";
  EXPECT_THAT(check(), ElementsAre("backend_unreachable"));
}

TEST_F(BackendChecks, ASilentBackendIsSilent) {
  backend_.s2s->answer = failed(Stage::kClear, Reason::kNegotiationTimeout);
  backend_.s2s->other_way = failed(Stage::kClear, Reason::kNegotiationTimeout);
  EXPECT_THAT(check(), ElementsAre("backend_silent"));
}

TEST_F(BackendChecks, ABackendThatAnswersOnlyBehindAProxyHeaderIsTold) {
  backend_.c2s->answer = failed(Stage::kClear, Reason::kPeerUnreachable);
  backend_.c2s->other_way = logins({"PLAIN"});
  EXPECT_THAT(check(), ElementsAre("backend_wants_proxy"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("Set c2s_proxy_protocol = \"v2\""));
}

TEST_F(BackendChecks, ABackendThatAnswersOnlyWithoutAProxyHeaderIsTold) {
  backend_.c2s->configured = ProxyProtocol::kV2;
  backend_.c2s->answer =
      failed(Stage::kClear, Reason::kRefusedByPeer, "not-well-formed", kClientNs);
  backend_.c2s->other_way = logins({"PLAIN"});
  EXPECT_THAT(check(), ElementsAre("backend_takes_no_proxy"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("Set c2s_proxy_protocol = \"off\""));
}

TEST_F(BackendChecks, AComplaintAboutTheProxyHeaderIsNoAnswerToIt) {
  auto complaint = failed(Stage::kClear, Reason::kRefusedByPeer, "not-well-formed", kClientNs);
  EXPECT_TRUE(lacks_answer(complaint, ProxyProtocol::kV2));
  EXPECT_FALSE(lacks_answer(complaint, ProxyProtocol::kOff));
  const auto older = failed(Stage::kClear, Reason::kUnsupportedVersion, "", kServerNs);
  EXPECT_TRUE(lacks_answer(older, ProxyProtocol::kV1));
  EXPECT_FALSE(lacks_answer(older, ProxyProtocol::kOff));
  backend_.c2s->answer = failed(Stage::kClear, Reason::kNegotiationTimeout);
  backend_.c2s->other_way = std::move(complaint);
  EXPECT_THAT(check(), ElementsAre("backend_silent"));
}

TEST_F(BackendChecks, SomethingElseThanXmppIsTold) {
  backend_.s2s->answer = failed(Stage::kClear, Reason::kXmlInvalid);
  EXPECT_THAT(check(), ElementsAre("backend_not_xmpp"));
}

TEST_F(BackendChecks, APortForComponentsIsTold) {
  backend_.s2s->answer = failed(Stage::kClear, Reason::kXmlInvalid, "", "jabber:component:accept");
  EXPECT_THAT(check(), ElementsAre("backend_not_xmpp"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("jabber:component:accept"));
}

TEST_F(BackendChecks, SwappedPortsAreToldForBoth) {
  backend_.s2s->answer = failed(Stage::kClear, Reason::kXmlInvalid, "", kClientNs);
  backend_.c2s->answer =
      failed(Stage::kClear, Reason::kRefusedByPeer, "invalid-namespace", kServerNs);
  EXPECT_THAT(check(), ElementsAre("backend_ports_swapped", "backend_ports_swapped"));
}

TEST_F(BackendChecks, ADomainThatItDoesNotServeIsTold) {
  backend_.s2s->answer = failed(Stage::kClear, Reason::kRefusedByPeer, "host-unknown", kServerNs);
  BackendFacts::Alias rooms{
      "host[0].aliases[0]", domain("rooms.a.example"),
      failed(Stage::kClear, Reason::kRefusedByPeer, "host-unknown", kServerNs)};
  backend_.aliases.push_back(std::move(rooms));
  EXPECT_THAT(check(), ElementsAre("backend_unknown_domain", "backend_unknown_domain"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("does not serve rooms.a.example"));
}

TEST_F(BackendChecks, AnAliasThatItServesOrThatWasNotAskedForIsFine) {
  backend_.aliases.push_back({"host[0].aliases[0]", domain("rooms.a.example"), trusting()});
  backend_.aliases.push_back({"host[0].aliases[1]", domain("pubsub.a.example"), {}});
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(BackendChecks, ABackendWithoutTlsIsTold) {
  auto answer = failed(Stage::kClear, Reason::kStarttlsNotOffered, "", kServerNs);
  answer.clear = Offer{};
  backend_.s2s->answer = std::move(answer);
  EXPECT_THAT(check(), ElementsAre("backend_without_tls"));
}

TEST_F(BackendChecks, AHandshakeThatFailsIsTold) {
  backend_.s2s->answer = failed(Stage::kHandshake, Reason::kTlsFailed, "", kServerNs);
  EXPECT_THAT(check(), ElementsAre("backend_tls_failed"));
}

TEST_F(BackendChecks, AnotherKeyThanThePinnedOneIsTold) {
  backend_.s2s->is_pinned = false;
  backend_.s2s->shown_key = "spki-sha256:AAAA";
  EXPECT_THAT(check(), ElementsAre("backend_key_not_pinned"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("shows the key spki-sha256:AAAA"));
}

TEST_F(BackendChecks, ABackendThatOffersNoExternalDistrustsTheLocalCa) {
  backend_.s2s->answer->login = Login::kNotOffered;
  EXPECT_THAT(check(), ElementsAre("backend_distrusts"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("In Prosody: s2s_secure_auth = true; s2s_ssl = { "
                                               "cafile = \"/ca/ca.pem\""));
}

TEST_F(BackendChecks, ABackendThatRefusesTheCertificateDistrustsTheLocalCa) {
  backend_.s2s->answer->login = Login::kDeclined;
  backend_.s2s->answer->login_words = "not-authorized (self-signed)";
  EXPECT_THAT(check(), ElementsAre("backend_distrusts"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("not-authorized (self-signed)"));
}

TEST_F(BackendChecks, ABackendThatEndsTheStreamOfTheCertificateDistrustsTheLocalCa) {
  auto answer = failed(Stage::kSecured, Reason::kRefusedByPeer, "not-authorized", kServerNs);
  answer.tls = Findings::Tls{};
  backend_.s2s->answer = std::move(answer);
  EXPECT_THAT(check(), ElementsAre("backend_distrusts"));
}

TEST_F(BackendChecks, AStreamThatEndsForAnotherReasonIsNoDistrust) {
  auto answer = failed(Stage::kSecured, Reason::kRefusedByPeer, "resource-constraint", kServerNs);
  answer.tls = Findings::Tls{};
  backend_.s2s->answer = std::move(answer);
  EXPECT_THAT(check(), ElementsAre("backend_refused"));
}

TEST_F(BackendChecks, AStrictBackendBehindAGateThatObservesIsAnErrorWithItsSetting) {
  backend_.observes = true;
  EXPECT_THAT(check(), ElementsAre("backend_too_strict"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("In Prosody: s2s_secure_auth = false"));
}

TEST_F(BackendChecks, ABackendThatDemandsACertificateOrDialbackIsTooStrictToObserve) {
  backend_.observes = true;
  backend_.s2s->answer->clear->starttls_required = false;
  check();
  EXPECT_THAT(sentences_of(report_), HasSubstr("without a certificate that it trusts"));
  backend_.anonymous = anonymous(false);
  check();
  EXPECT_THAT(sentences_of(report_), HasSubstr("does not offer server dialback"));
  EXPECT_THAT(check(), ElementsAre("backend_too_strict", "backend_too_strict"));
}

TEST_F(BackendChecks, ALenientBackendBehindAGateThatObservesIsFine) {
  backend_.observes = true;
  backend_.s2s->answer->clear->starttls_required = false;
  backend_.anonymous = anonymous(true);
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(BackendChecks, ALenientBackendBehindAGateThatEnforcesIsTold) {
  backend_.anonymous = anonymous(true);
  EXPECT_THAT(check(), ElementsAre("backend_too_lenient"));
}

TEST_F(BackendChecks, StrictnessThatWasNotSeenIsNotGuessed) {
  backend_.observes = true;
  backend_.anonymous.reset();
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(BackendChecks, ByDialbackABackendNeedsNoCertificate) {
  backend_.auth = policy::BackendAuth::kDialback;
  backend_.s2s->answer = Findings{.stage = Stage::kDone, .content_ns = kServerNs};
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(BackendChecks, ByDialbackABackendThatDemandsOneIsTold) {
  backend_.auth = policy::BackendAuth::kDialback;
  backend_.s2s->answer =
      failed(Stage::kClear, Reason::kRefusedByPeer, "policy-violation", kServerNs);
  EXPECT_THAT(check(), ElementsAre("backend_without_dialback"));
}

TEST_F(BackendChecks, ByDialbackABackendMayBeOlderThanXmpp) {
  backend_.auth = policy::BackendAuth::kDialback;
  backend_.s2s->answer = failed(Stage::kClear, Reason::kUnsupportedVersion, "", kServerNs);
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(BackendChecks, WithoutALoginInTheClearClientsAreLost) {
  backend_.c2s->answer = logins({});
  backend_.c2s->answer->clear->starttls = true;
  EXPECT_THAT(check(), ElementsAre("backend_without_login"));
  EXPECT_THAT(sentences_of(report_), HasSubstr("c2s_require_encryption = false"));
}

TEST_F(BackendChecks, ALoginBySasl2Counts) {
  backend_.c2s->answer = logins({});
  backend_.c2s->answer->clear->sasl2 = true;
  EXPECT_THAT(check(), IsEmpty());
}

TEST_F(BackendChecks, UnderTlsOfClientsTheKeyIsJudgedToo) {
  backend_.client_tls = true;
  auto answer = logins({});
  answer.tls = Findings::Tls{};
  answer.secured = Offer{.mechanisms = {"PLAIN"}};
  backend_.c2s->answer = std::move(answer);
  EXPECT_THAT(check(), IsEmpty());
  backend_.c2s->is_pinned = false;
  EXPECT_THAT(check(), ElementsAre("backend_key_not_pinned"));
}

TEST_F(BackendChecks, UnderTlsOfClientsABackendWithoutItIsTold) {
  backend_.client_tls = true;
  backend_.c2s->answer = failed(Stage::kClear, Reason::kStarttlsNotOffered, "", kClientNs);
  EXPECT_THAT(check(), ElementsAre("backend_without_tls"));
}

TEST_F(BackendChecks, WhatWasNotAskedIsSaid) {
  backend_.not_asked = "the files of the configuration could not be loaded";
  EXPECT_THAT(check(), ElementsAre("backend_not_asked"));
}

}  // namespace
}  // namespace portcullis::doctor
