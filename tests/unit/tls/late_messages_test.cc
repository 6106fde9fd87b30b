#include <gtest/gtest.h>

#include <string>

#include "tests/unit/tls/stranger.h"

// Handshake messages on a session that is established. They cost us as much as a handshake's, and a
// peer can send them for as long as it likes.
namespace portcullis::tls {
namespace {

using State = Engine::State;

void only_tls12(SSL_CTX* /*context*/, SSL* ssl) {
  SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
}

// An unknown extension, so that the ClientHello does not fit into one record.
int long_extension(SSL* /*ssl*/, unsigned /*type*/, const unsigned char** out, std::size_t* size,
                   int* /*alert*/, void* /*argument*/) {
  static const std::string octets(3'000, 'x');
  *out = reinterpret_cast<const unsigned char*>(octets.data());
  *size = octets.size();
  return 1;
}

void add_long_extension(SSL_CTX* context) {
  SSL_CTX_add_client_custom_ext(context, 0x4000, &long_extension, nullptr, nullptr, nullptr,
                                nullptr);
}

TEST(Renegotiation, EndsTheSession) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw(&only_tls12);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  ASSERT_EQ(SSL_renegotiate(raw.ssl), 1);
  raw.engine->receive("", talk.at_client, talk.to_server);  // sends the ClientHello
  talk.deliver_all();
  EXPECT_EQ(server->state(), State::kFailed);
  EXPECT_EQ(server->limit(), TlsLimit::kRenegotiation);
  EXPECT_NE(server->failure().text.find("asked for renegotiation"), std::string::npos);
}

// The library has made room for the whole ClientHello by then, which may be 128 KiB.
TEST(Renegotiation, EndsTheSessionBeforeItsHelloIsComplete) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw(
      [&](SSL_CTX* context, SSL* ssl) {
        only_tls12(context, ssl);
        SSL_set_max_send_fragment(ssl, 512);
      },
      &add_long_extension);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  ASSERT_EQ(SSL_renegotiate(raw.ssl), 1);
  raw.engine->receive("", talk.at_client, talk.to_server);
  ASSERT_GT(talk.to_server.size(), 2000U);
  server->receive(talk.to_server.substr(0, 600), talk.at_server, talk.to_client);
  EXPECT_EQ(server->state(), State::kFailed);
  EXPECT_EQ(server->limit(), TlsLimit::kRenegotiation);
}

// A server that we called, whose every message a test can choose.
class CalledServer : public ::testing::Test {
 protected:
  void call(int version) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_use_cert_and_key(context_.get(), pair_.leaf.get(), pair_.key.get(), nullptr, 1);
    certs::SslPtr made(SSL_new(context_.get()));
    server_ = made.get();
    SSL_set_accept_state(server_);
    engine_ = std::make_unique<Engine>(std::move(made));
    client_ = local_->connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
    Talk talk{*client_, *engine_, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
  }
  // What it says is heard by our side, and our answers are dropped.
  void say(const std::string& words = {}) {
    std::string wire;
    std::string plaintext;
    std::string dropped;
    if (words.empty())
      engine_->receive("", plaintext, wire);  // goes on with its handshake
    else
      engine_->send(words, wire);
    client_->receive(wire, heard_, dropped);
  }

  std::unique_ptr<Contexts> local_ = contexts_for("legacy.example");
  certs::KeyPair pair_ = pair_for("peer.example", test::TestKey::kP256);
  certs::SslCtxPtr context_{SSL_CTX_new(TLS_server_method())};
  std::unique_ptr<Engine> engine_;
  SSL* server_ = nullptr;  // owned by engine_
  std::unique_ptr<Engine> client_;
  std::string heard_;
};

TEST_F(CalledServer, MayAskForAFewHandshakes) {
  call(TLS1_2_VERSION);
  for (int asked = 1; asked <= 17; ++asked) {
    ASSERT_EQ(client_->state(), State::kEstablished) << asked;
    ASSERT_EQ(SSL_renegotiate(server_), 1);
    say();
  }
  EXPECT_EQ(client_->state(), State::kFailed);
  EXPECT_EQ(client_->limit(), TlsLimit::kLateMessages);
}

TEST_F(CalledServer, MaySendAFewTickets) {
  call(TLS1_3_VERSION);  // has sent two
  for (int sent = 3; sent <= 17; ++sent) {
    ASSERT_EQ(client_->state(), State::kEstablished) << sent;
    ASSERT_EQ(SSL_new_session_ticket(server_), 1);
    say("x");
  }
  EXPECT_EQ(client_->state(), State::kFailed);
  EXPECT_EQ(client_->limit(), TlsLimit::kLateMessages);
}

}  // namespace
}  // namespace portcullis::tls
