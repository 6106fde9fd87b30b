#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// What passes of channel binding from the backend to a client: only the binding to the server's
// certificate, and only where both are shown the same one.
namespace portcullis::session::stage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHello = client("to='legacy.example' version='1.0'");
const std::string kReply = client("from='legacy.example' id='b1' version='1.0'");
const std::string kSasl =
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-256</mechanism></mechanisms>";
const std::string kSasl2 =
    "<authentication xmlns='urn:xmpp:sasl:2'><mechanism>SCRAM-SHA-256-PLUS</mechanism>"
    "<mechanism>SCRAM-SHA-256</mechanism></authentication>";
const std::string kOnlyEndPoint =
    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
    "<channel-binding type='tls-server-end-point'/></sasl-channel-binding>";
const std::string kAllTypes =
    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
    "<channel-binding type='tls-server-end-point'/><channel-binding type='tls-unique'/>"
    "</sasl-channel-binding>";
const std::string kExporter =
    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
    "</sasl-channel-binding>";

std::string features(const std::string& inner) {
  return "<stream:features>" + inner + "</stream:features>";
}
// r=ab,s=QQ==,i=4096, and the same with h=AAAA.
const std::string kChallenge =
    "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cj1hYixzPVFRPT0saT00MDk2</challenge>";
const std::string kHashed =
    "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cj1hYixzPVFRPT0saT00MDk2LGg9QUFBQQ=="
    "</challenge>";

struct Login {
  Party& client;
  Party& backend;
};

// A client under TLS, and our leg to the backend, up to the judgement about its certificate.
Login secured(Stage& stage, bool setting, bool same) {
  auto& party = stage.receiving(StreamKind::kC2s, Side::kWan, TlsEntry::kDirectTls);
  party.connects();
  party.secures();
  party.says(kHello);
  party.forget();
  stage.client_tls = true;
  stage.end_point_binding = setting;
  auto& backend =
      stage.initiating(StreamKind::kC2s, Side::kBackend, TlsEntry::kStartTls,
                       party.wanted ? std::optional(party.wanted->header) : std::nullopt);
  stage.join();
  backend.binds = same;
  backend.connects();
  backend.says(kReply + std::string(kStartTlsFeatures));
  backend.says(kProceed);
  backend.secures();
  backend.forget();
  return {party, backend};
}

TEST(ClientBinding, ToTheCertificatePasses) {
  for (const auto& login : {kSasl, kSasl2, kSasl + kSasl2})
    play([&](Stage& stage) {
      auto [party, backend] = secured(stage, true, true);
      backend.says(kReply + features(login + kAllTypes));
      EXPECT_THAT(party.everything(), HasSubstr(login));
      EXPECT_THAT(party.everything(), HasSubstr(kOnlyEndPoint));
      EXPECT_THAT(party.everything(), AllOf(Not(HasSubstr("exporter")), Not(HasSubstr("unique"))));
    });
}

TEST(ClientBinding, DoesNotPassWhereTheCertificatesDiffer) {
  play([](Stage& stage) {
    auto [party, backend] = secured(stage, true, false);
    backend.says(kReply + features(kSasl + kAllTypes));
    // Clients hash the list of mechanisms, so it stays as it is.
    EXPECT_THAT(party.everything(), HasSubstr(kSasl));
    EXPECT_THAT(party.everything(), Not(HasSubstr("sasl-channel-binding")));
  });
}

TEST(ClientBinding, DoesNotPassWithoutTheSetting) {
  play([](Stage& stage) {
    auto [party, backend] = secured(stage, false, true);
    backend.says(kReply + features(kSasl + kAllTypes));
    EXPECT_THAT(party.everything(), HasSubstr(kSasl));
    EXPECT_THAT(party.everything(), Not(HasSubstr("sasl-channel-binding")));
  });
}

TEST(ClientBinding, MustBeOfferedByTheBackend) {
  for (const auto& offered : {kSasl, kSasl2, kSasl + kExporter, std::string()})
    play([&](Stage& stage) {
      auto [party, backend] = secured(stage, true, true);
      backend.says(kReply + features(offered));
      ASSERT_TRUE(backend.refused() && party.refused());
      EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendWithoutBinding);
      EXPECT_THAT(backend.refused()->text, HasSubstr("tls_server_end_point_hash"));
      EXPECT_EQ(party.refused()->reason, policy::Reason::kBackendWithoutBinding);
      EXPECT_THAT(party.everything(), Not(HasSubstr("tls_server_end_point_hash")));
      EXPECT_THAT(party.everything(), Not(HasSubstr("SCRAM")));
    });
}

// XEP-0474: the hash is of more than the client was shown.
TEST(ClientBinding, AHashOfWhatWasLeftOutIsRemarkedOnce) {
  play([](Stage& stage) {
    auto [party, backend] = secured(stage, true, true);
    backend.says(kReply + features(kSasl + kAllTypes));
    party.says(auth("biwsbj1hLHI9YQ==", "SCRAM-SHA-256"));
    backend.says(kHashed);
    EXPECT_THAT(party.everything(), HasSubstr(kHashed));
    ASSERT_TRUE(backend.remark);
    EXPECT_EQ(backend.remark->reason, policy::Reason::kBackendMisconfigured);
    EXPECT_THAT(backend.remark->text, HasSubstr("disable_sasl_scram_downgrade_protection"));
    backend.remark.reset();
    backend.says(kHashed);
    EXPECT_FALSE(backend.remark);
  });
}

TEST(ClientBinding, NothingIsRemarkedWhereNothingWasLeftOut) {
  const std::pair<std::string, std::string> cases[] = {{kSasl + kOnlyEndPoint, kHashed},
                                                       {kSasl + kAllTypes, kChallenge}};
  for (const auto& one : cases)
    play([&](Stage& stage) {
      auto [party, backend] = secured(stage, true, true);
      backend.says(kReply + features(one.first));
      party.says(auth("biwsbj1hLHI9YQ==", "SCRAM-SHA-256"));
      backend.says(one.second);
      EXPECT_THAT(party.everything(), HasSubstr(one.second));
      EXPECT_FALSE(backend.remark);
    });
}

}  // namespace
}  // namespace portcullis::session::stage
