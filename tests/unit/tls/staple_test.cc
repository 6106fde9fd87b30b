#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <string>

#include "certs/verify/verify.h"
#include "tests/support/ocsp_maker.h"
#include "tests/unit/tls/engine_pair.h"

namespace portcullis::tls {
namespace {

// A server of ours' kind that staples `response`.
class StaplingServer {
 public:
  StaplingServer(const test::Issued& leaf, const std::string& response)
      : context_(SSL_CTX_new(TLS_server_method())), response_(response) {
    SSL_CTX_set_max_cert_list(context_.get(), 1024L * 1024);
    EXPECT_EQ(SSL_CTX_use_cert_and_key(context_.get(), leaf.certificate.get(), leaf.key.get(),
                                       nullptr, 1),
              1);
    SSL_CTX_add1_chain_cert(context_.get(), pki().intermediate().certificate.get());
    SSL_CTX_set_tlsext_status_cb(context_.get(), &StaplingServer::on_asked);
    SSL_CTX_set_tlsext_status_arg(context_.get(), this);
  }

  std::unique_ptr<Engine> accept(int max_version) {
    certs::SslPtr ssl(SSL_new(context_.get()));
    SSL_set_max_proto_version(ssl.get(), max_version);
    SSL_set_accept_state(ssl.get());
    return std::make_unique<Engine>(std::move(ssl));
  }
  bool was_asked() const { return was_asked_; }

 private:
  static int on_asked(SSL* ssl, void* argument) {
    auto* server = static_cast<StaplingServer*>(argument);
    server->was_asked_ = true;
    if (server->response_.empty()) return SSL_TLSEXT_ERR_NOACK;
    void* copy = OPENSSL_memdup(server->response_.data(), server->response_.size());
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(server->response_.size()));
    return SSL_TLSEXT_ERR_OK;
  }

  certs::SslCtxPtr context_;
  const std::string response_;
  bool was_asked_ = false;
};

test::Issued leaf_with(const std::string& features) {
  test::CertificateSpec spec = test::leaf_spec("peer.example");
  spec.features = features;
  return pki().leaf(spec);
}

std::string good_response(const test::Issued& leaf) {
  return test::ocsp_response({}, leaf, pki().intermediate(), pki().intermediate());
}

class StapleTest : public ::testing::TestWithParam<int> {
 protected:
  // What we see of a peer that staples `response`.
  certs::PresentedChain seen(const test::Issued& leaf, const std::string& response) {
    StaplingServer peer(leaf, response);
    const auto local = contexts_for("legacy.example");
    const auto server = peer.accept(GetParam());
    const auto client =
        local->connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
    Talk talk{*client, *server, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_TRUE(talk.handshake());
    EXPECT_TRUE(peer.was_asked());
    return client->peer_chain();
  }
  static std::string_view outcome(const certs::PresentedChain& chain) {
    certs::VerifyPolicy policy;
    policy.honour_must_staple = true;
    return test::outcome(certs::verify_peer({chain, pki().anchors(), domain("peer.example"),
                                             certs::PeerRole::kReceiving, policy, test::kNow}));
  }
};

TEST_P(StapleTest, IsHandedOverForACertificateThatDemandsIt) {
  const test::Issued leaf = leaf_with("status_request");
  const std::string response = good_response(leaf);
  const certs::PresentedChain chain = seen(leaf, response);
  EXPECT_TRUE(chain.staple_asked);
  EXPECT_EQ(chain.staple, response);
  EXPECT_EQ(outcome(chain), "accepted");
}

TEST_P(StapleTest, ThatIsMissingOrWrongIsNoStaple) {
  const test::Issued leaf = leaf_with("status_request");
  EXPECT_EQ(outcome(seen(leaf, "")), "revocation_unknown");
  EXPECT_EQ(outcome(seen(leaf, "garbage")), "revocation_unknown");
  EXPECT_EQ(outcome(seen(leaf, good_response(leaf_with("")))), "revocation_unknown");
}

TEST_P(StapleTest, IsNotKeptForACertificateThatDemandsNone) {
  const test::Issued leaf = leaf_with("");
  const certs::PresentedChain chain = seen(leaf, good_response(leaf));
  EXPECT_TRUE(chain.staple_asked);
  EXPECT_EQ(chain.staple, "");
  EXPECT_EQ(outcome(chain), "accepted");
}

INSTANTIATE_TEST_SUITE_P(Versions, StapleTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& tested) {
                           return std::string(tested.param == TLS1_2_VERSION ? "Tls12" : "Tls13");
                         });

TEST(Staple, IsNotAskedForWhereTheProtocolCannot) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw;
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_FALSE(server->peer_chain().staple_asked);
  EXPECT_FALSE(raw.engine->peer_chain().staple_asked);
}

}  // namespace
}  // namespace portcullis::tls
