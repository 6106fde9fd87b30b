#include "proxy/tls/ticket_keys.h"

#include <gtest/gtest.h>

#include "tests/unit/tls/engine_pair.h"

namespace portcullis::tls {
namespace {

using std::chrono::hours;

class TicketKeysTest : public ::testing::Test {
 protected:
  std::chrono::steady_clock::time_point now_{hours(1000)};
  TicketKeys keys_{[this] { return now_; }};
};

TEST_F(TicketKeysTest, AKeyServesForItsLifetime) {
  const auto first = keys_.current();
  ASSERT_TRUE(first);
  now_ += hours(12) - std::chrono::seconds(1);
  EXPECT_EQ(keys_.current()->name, first->name);
  now_ += std::chrono::seconds(1);
  const auto second = keys_.current();
  EXPECT_NE(second->name, first->name);
  EXPECT_NE(second->cipher_key, first->cipher_key);
  EXPECT_NE(second->mac_key, first->mac_key);
}

TEST_F(TicketKeysTest, ThePreviousKeyIsHonouredForOneLifetimeMore) {
  const auto first = keys_.current();
  EXPECT_TRUE(keys_.find(first->name));
  now_ += hours(13);
  keys_.current();
  EXPECT_TRUE(keys_.find(first->name));
  now_ += hours(11);
  EXPECT_FALSE(keys_.find(first->name));
}

TEST_F(TicketKeysTest, AKeyEndsEvenIfNobodyCameMeanwhile) {
  const auto first = keys_.current();
  now_ += hours(13);
  EXPECT_TRUE(keys_.find(first->name));
  now_ += hours(100);
  EXPECT_FALSE(keys_.find(first->name));
  const auto second = keys_.current();
  now_ += hours(100);
  EXPECT_FALSE(keys_.find(second->name));
}

TEST_F(TicketKeysTest, AnUnknownNameFindsNothing) {
  constexpr std::array<unsigned char, 16> unknown{};
  EXPECT_FALSE(keys_.find(unknown));
  keys_.current();
  EXPECT_FALSE(keys_.find(unknown));
}

// Whether a session of `context` can be resumed after `change`.
bool resumes(int version, const std::function<void()>& change, SSL_CTX* context) {
  const auto connect = [&](SSL_SESSION* session, const auto& then) {
    certs::SslPtr ssl(SSL_new(context));
    SSL_set_accept_state(ssl.get());
    Engine server(std::move(ssl));
    const RawClient client([&](SSL_CTX*, SSL* raw) {
      SSL_set_max_proto_version(raw, version);
      if (session != nullptr) SSL_set_session(raw, session);
    });
    Talk talk{*client.engine, server, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_TRUE(talk.handshake());
    then(client.ssl);
    client.engine->close(talk.to_server);  // OpenSSL forgets a session that was cut off
  };
  std::unique_ptr<SSL_SESSION, certs::Deleter<&SSL_SESSION_free>> session;
  bool reused = false;
  connect(nullptr, [&](SSL* client) { session.reset(SSL_get1_session(client)); });
  change();
  connect(session.get(), [&](SSL* client) { reused = SSL_session_reused(client) == 1; });
  return reused;
}

TEST(TicketProtection, EndsWithItsKey) {
  std::chrono::steady_clock::time_point now{hours(1000)};
  const auto keys = std::make_shared<TicketKeys>([&now] { return now; });
  const certs::KeyPair pair = pair_for("legacy.example", test::TestKey::kP256);
  certs::SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
  ASSERT_EQ(SSL_CTX_use_cert_and_key(context.get(), pair.leaf.get(), pair.key.get(), nullptr, 1),
            1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  ASSERT_TRUE(use_ticket_keys(context.get(), keys));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(resumes(
        version, [] {}, context.get()));
    EXPECT_TRUE(resumes(
        version, [&] { now += hours(13); }, context.get()));
    EXPECT_FALSE(resumes(
        version, [&] { now += hours(25); }, context.get()));
  }
}

}  // namespace
}  // namespace portcullis::tls
