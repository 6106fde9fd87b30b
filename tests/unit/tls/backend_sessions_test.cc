// Sessions with the backend: what we show it, in whose name, and what it shows us.

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "certs/own/local_ca.h"
#include "proxy/tls/contexts.h"
#include "tests/unit/tls/hosts_and_clients.h"

namespace portcullis::tls {
namespace {

using State = Engine::State;

class BackendTest : public ::testing::Test {
 protected:
  std::shared_ptr<const certs::MintedLeaf> mint(std::string_view remote) {
    return ca_.mint(domain(remote), test::kNow).value();
  }

  test::TempDir files_;
  certs::LocalCa ca_ = [this] {
    EXPECT_TRUE(certs::LocalCa::create(files_.path(), test::kNow));
    return certs::LocalCa::load(files_.path(), {}, test::kNow).value();
  }();
  std::unique_ptr<Contexts> local_ = contexts_for("legacy.example");
};

TEST_F(BackendTest, InitiatingShowsTheMintedLeafAndAsksForTheHost) {
  const auto leaf = mint("remote.example");
  const auto ours = local_->connect_backend(*leaf, domain("legacy.example"));
  const auto backend_contexts = contexts_for("legacy.example");
  const auto backend = backend_contexts->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{*ours, *backend, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_EQ(backend->facts().sni, "legacy.example");
  EXPECT_EQ(X509_cmp(backend->peer_chain().leaf.get(), leaf->leaf.get()), 0);
  EXPECT_TRUE(certs::names_domain(ours->peer_chain().leaf.get(), domain("legacy.example")));
}

TEST_F(BackendTest, ReceivingShowsTheMintedLeafAndAsksForACertificate) {
  const auto one = mint("one.example");
  const auto two = mint("two.example");
  const certs::KeyPair backend = pair_for("legacy.example", test::TestKey::kRsa2048);
  // Two sessions at once: a leaf must not stick to the context they share.
  const auto first = local_->accept_backend(*one);
  const auto second = local_->accept_backend(*two);
  const RawClient first_client = client_showing(&backend);
  const RawClient second_client = client_showing(nullptr);
  Talk first_talk{*first_client.engine, *first, SIZE_MAX, {}, {}, {}, {}};
  Talk second_talk{*second_client.engine, *second, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(first_talk.handshake());
  ASSERT_TRUE(second_talk.handshake());
  const auto shown = [](const RawClient& raw) { return raw.engine->peer_chain().leaf; };
  EXPECT_EQ(X509_cmp(shown(first_client).get(), one->leaf.get()), 0);
  EXPECT_EQ(X509_cmp(shown(second_client).get(), two->leaf.get()), 0);
  EXPECT_EQ(X509_cmp(first->peer_chain().leaf.get(), backend.leaf.get()), 0);
  EXPECT_FALSE(second->peer_chain().leaf);
}

TEST_F(BackendTest, ASessionWithoutALeafFails) {
  EXPECT_EQ(local_->accept_backend(certs::MintedLeaf{})->state(), State::kFailed);
  EXPECT_EQ(local_->connect_backend(certs::MintedLeaf{}, domain("legacy.example"))->state(),
            State::kFailed);
}

TEST_F(BackendTest, AnonymousInitiatingShowsNothingAndAsksForTheHost) {
  const auto ours = local_->connect_backend_anonymous(domain("legacy.example"));
  const auto backend_contexts = contexts_for("legacy.example");
  const auto backend = backend_contexts->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{*ours, *backend, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_EQ(backend->facts().sni, "legacy.example");
  EXPECT_FALSE(backend->peer_chain().leaf);
  EXPECT_TRUE(certs::names_domain(ours->peer_chain().leaf.get(), domain("legacy.example")));
}

TEST_F(BackendTest, AnonymousReceivingVouchesForNobody) {
  const certs::KeyPair backend = pair_for("legacy.example", test::TestKey::kP256);
  const auto serve = [&](Engine& ours) {
    const RawClient raw = client_showing(&backend);
    Talk talk{*raw.engine, ours, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_TRUE(talk.handshake());
    EXPECT_EQ(X509_cmp(ours.peer_chain().leaf.get(), backend.leaf.get()), 0);
    return raw.engine->peer_chain();
  };
  const certs::PresentedChain shown = serve(*local_->accept_backend_anonymous());
  ASSERT_TRUE(shown.leaf);
  EXPECT_TRUE(shown.sent.empty());
  EXPECT_EQ(X509_check_issued(shown.leaf.get(), shown.leaf.get()), X509_V_OK);
  EXPECT_LT(X509_get_ext_by_NID(shown.leaf.get(), NID_subject_alt_name, -1), 0);
  EXPECT_EQ(X509_check_ca(shown.leaf.get()), 0);
  // It is the same one for every stream of these contexts, and of no others.
  const certs::PresentedChain again = serve(*local_->accept_backend_anonymous());
  EXPECT_EQ(X509_cmp(shown.leaf.get(), again.leaf.get()), 0);
  const auto others = contexts_for("legacy.example");
  const certs::PresentedChain other = serve(*others->accept_backend_anonymous());
  EXPECT_NE(X509_cmp(shown.leaf.get(), other.leaf.get()), 0);
}

TEST_F(BackendTest, AMintedLeafDoesNotStickToAnonymousSessions) {
  const auto leaf = mint("remote.example");
  const auto authenticated = local_->connect_backend(*leaf, domain("legacy.example"));
  const auto anonymous = local_->connect_backend_anonymous(domain("legacy.example"));
  const auto backend_contexts = contexts_for("legacy.example");
  const auto backend = backend_contexts->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{*anonymous, *backend, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_FALSE(backend->peer_chain().leaf);
}

TEST_F(BackendTest, DirectReceivingShowsWhatIsChosenBySni) {
  const auto leaf = mint("remote.example");
  const certs::KeyPair backend = pair_for("legacy.example", test::TestKey::kP256);
  for (const auto* const sni : {"remote.example", "other.example", ""}) {
    SCOPED_TRACE(sni);
    std::vector<std::string> asked;
    const auto ours = local_->accept_backend_direct([&](std::string_view name) {
      asked.emplace_back(name);
      return name == "remote.example" ? leaf : nullptr;
    });
    const RawClient raw = client_showing(&backend);
    if (*sni != '\0') SSL_set_tlsext_host_name(raw.ssl, sni);
    Talk talk{*raw.engine, *ours, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    EXPECT_EQ(asked, std::vector<std::string>{sni});
    const auto shown = raw.engine->peer_chain().leaf;
    EXPECT_EQ(X509_cmp(shown.get(), leaf->leaf.get()) == 0, asked.front() == "remote.example");
    EXPECT_EQ(certs::names_domain(shown.get(), domain("remote.example")),
              asked.front() == "remote.example");
    EXPECT_EQ(X509_cmp(ours->peer_chain().leaf.get(), backend.leaf.get()), 0);
  }
}

TEST_F(BackendTest, DirectReceivingDoesNotThrowThroughTheLibrary) {
  const auto ours = local_->accept_backend_direct(
      [](std::string_view) -> std::shared_ptr<const certs::MintedLeaf> { throw std::bad_alloc(); });
  const RawClient raw = client_showing(nullptr);
  Talk talk{*raw.engine, *ours, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_FALSE(talk.handshake());
  EXPECT_EQ(ours->state(), State::kFailed);
}

TEST_F(BackendTest, DirectReceivingWantsXmppIfAnyProtocolIsOffered) {
  const auto leaf = mint("remote.example");
  for (const std::string offered : {"\x0bxmpp-server", "\x08http/1.1", ""}) {
    const auto ours = local_->accept_backend_direct([&](std::string_view) { return leaf; });
    const RawClient raw = client_showing(nullptr);
    SSL_set_alpn_protos(raw.ssl, reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned int>(offered.size()));
    Talk talk{*raw.engine, *ours, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_EQ(talk.handshake(), offered != "\x08http/1.1");
    if (offered != "\x08http/1.1") continue;
    EXPECT_EQ(ours->failure().reason, policy::Reason::kAlpnMismatch);
  }
}

}  // namespace
}  // namespace portcullis::tls
