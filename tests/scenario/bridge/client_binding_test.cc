#include "certs/own/credentials.h"
#include "tests/scenario/bridge/streams.h"

// channel_binding = "end-point": the backend shows the certificate that the client was served.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kAllTypes =
    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
    "<channel-binding type='tls-server-end-point'/></sasl-channel-binding>";
const std::string kOffer =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>SCRAM-SHA-1-PLUS</mechanism></mechanisms>" +
    kAllTypes + "</stream:features>";
const std::string kBare = wire::client("to='legacy.example' version='1.0'");

SnapshotPtr binding() {
  static const SnapshotPtr made =
      world().build("", "", "c2s_tls = \"starttls\"\nchannel_binding = \"end-point\"\n");
  return made;
}

certs::PresentedChain chain_of(certs::X509Ptr leaf) {
  certs::PresentedChain chain;
  chain.leaf = std::move(leaf);
  return chain;
}

// As far as the handshake with the backend.
void begins_tls(Scene& scene, bool full_handshake = true) {
  if (full_handshake) scene.near.connection.facts.served_leaf = world().served();
  scene.near.secures(nullptr);
  scene.near.says(kBare);
  scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
  scene.far().connection.open();
  scene.far().says(kServer + std::string(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
}
void shows(End& backend, const std::function<certs::X509Ptr()>& leaf) {
  backend.connection.chain = [leaf] { return chain_of(leaf()); };
  backend.connection.secure();
}

TEST(ClientBindingBridge, PassesWhereBothAreShownTheSame) {
  Scene scene(1, StreamKind::kC2s, binding(), TlsEntry::kDirectTls);
  begins_tls(scene);
  shows(scene.far(), [] { return world().served(); });
  scene.far().says(kServer + kOffer);
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("tls-server-end-point"), Not(HasSubstr("tls-exporter"))));
  EXPECT_EQ(scene.metric("backend_certificate_shared_total", "success"), 1);
  EXPECT_THAT(scene.log_text, Not(HasSubstr("backend_without_binding")));
  scene.near.says(wire::kEnd);
}

// The pinned one of [host.backend]: it is the backend, but not the same certificate.
TEST(ClientBindingBridge, IsLeftOutAndSaidWhereTheyDiffer) {
  Scene scene(1, StreamKind::kC2s, binding(), TlsEntry::kDirectTls);
  begins_tls(scene);
  shows(scene.far(), [] { return certs::share(world().backend.certificate.get()); });
  scene.far().says(kServer + kOffer);
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("SCRAM-SHA-1-PLUS"), Not(HasSubstr("tls-server-end-point"))));
  EXPECT_EQ(scene.metric("backend_certificate_shared_total", "failure"), 1);
  EXPECT_THAT(scene.log_text,
              AllOf(HasSubstr("event=backend"), HasSubstr("reason=backend_without_binding")));
  scene.near.says(wire::kEnd);
}

// Who resumed a session was shown no certificate this time.
TEST(ClientBindingBridge, IsLeftOutWhereItIsNotKnownWhatTheClientWasServed) {
  Scene scene(1, StreamKind::kC2s, binding(), TlsEntry::kDirectTls);
  begins_tls(scene, false);
  shows(scene.far(), [] { return world().served(); });
  scene.far().says(kServer + kOffer);
  EXPECT_THAT(scene.near.heard(), Not(HasSubstr("sasl-channel-binding")));
  scene.near.says(wire::kEnd);
}

TEST(ClientBindingBridge, IsNoWayInForAProgramWithAnotherKey) {
  Scene scene(1, StreamKind::kC2s, binding(), TlsEntry::kDirectTls);
  begins_tls(scene);
  shows(scene.far(), [] { return certs::share(world().peer.certificate.get()); });
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured</reason>"));
}

// It has no certificate of the type that the client was served.
TEST(ClientBindingBridge, TriesOnceMoreWithAnyType) {
  Scene scene(1, StreamKind::kC2s, binding(), TlsEntry::kDirectTls);
  begins_tls(scene);
  const auto no_certificate =
      policy::refuse(policy::Reason::kTlsFailed, {{"detail", "handshake failure"}});
  scene.far().connection.fail_tls(no_certificate);
  ASSERT_EQ(scene.network.ends.size(), 2U);
  EXPECT_THAT(scene.log_text, Not(HasSubstr("event=backend")));
  scene.far(1).connection.open();
  scene.far(1).says(kServer + std::string(wire::kStartTlsFeatures));
  scene.far(1).says(wire::kProceed);
  shows(scene.far(1), [] { return certs::share(world().backend.certificate.get()); });
  scene.far(1).says(kServer + kOffer);
  EXPECT_THAT(scene.near.heard(), HasSubstr("SCRAM-SHA-1-PLUS"));
  scene.near.says(wire::kEnd);
}

TEST(ClientBindingBridge, DoesNotTryForEver) {
  Scene scene(1, StreamKind::kC2s, binding(), TlsEntry::kDirectTls);
  begins_tls(scene);
  const auto failure = policy::refuse(policy::Reason::kTlsFailed, {{"detail", "x"}});
  scene.far().connection.fail_tls(failure);
  scene.far(1).connection.open();
  scene.far(1).says(kServer + std::string(wire::kStartTlsFeatures));
  scene.far(1).says(wire::kProceed);
  scene.far(1).connection.fail_tls(failure);
  EXPECT_EQ(scene.network.ends.size(), 2U);
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured</reason>"));
}

TEST(ClientBindingBridge, IsRefusedWhereTheBackendOffersNoEndPoint) {
  Scene scene(1, StreamKind::kC2s, binding(), TlsEntry::kDirectTls);
  begins_tls(scene);
  shows(scene.far(), [] { return world().served(); });
  scene.far().says(kServer + kPlain);
  EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("backend_without_binding</reason>"),
                                        Not(HasSubstr("tls_server_end_point_hash"))));
  EXPECT_THAT(scene.log_text, HasSubstr("tls_server_end_point_hash"));
}

}  // namespace
}  // namespace portcullis::relay::scene
