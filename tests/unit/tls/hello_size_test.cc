#include "proxy/tls/hello_size.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/tls/stranger.h"

namespace portcullis::tls {
namespace {

// `minor` is 1 in the first record of a client and 3 later.
std::string record(char type, std::string_view payload, char minor = 1) {
  std::string made{type, 3, minor};
  made += static_cast<char>(payload.size() >> 8U);
  made += static_cast<char>(payload.size() & 0xFFU);
  return made += payload;
}

std::string message(char type, std::size_t says, std::string_view body = {}) {
  std::string made{type};
  for (const unsigned shift : {16U, 8U, 0U}) made += static_cast<char>(says >> shift & 0xFFU);
  return made += body;
}

constexpr char kHandshake = 22;
constexpr char kChangeCipherSpec = 20;
constexpr char kAlert = 21;
constexpr char kData = 23;

std::string hello(std::size_t says, std::string_view body = {}) {
  return record(kHandshake, message(1, says, body));
}

TEST(HelloSize, IsWhatTheMessageSays) {
  EXPECT_TRUE(HelloSize().follow(hello(HelloSize::kLimit)));
  EXPECT_FALSE(HelloSize().follow(hello(HelloSize::kLimit + 1)));
  EXPECT_FALSE(HelloSize().follow(hello(0xFFFFFF)));
}

TEST(HelloSize, IsReadInPiecesAndOverRecords) {
  std::string wire;
  for (const char octet : message(1, HelloSize::kLimit + 1))
    wire += record(kHandshake, {&octet, 1});
  HelloSize size;
  bool fine = true;
  for (const char octet : wire) fine = fine && size.follow({&octet, 1});
  EXPECT_FALSE(fine);
}

TEST(HelloSize, OfASecondHelloIsReadToo) {
  HelloSize size;
  EXPECT_TRUE(size.follow(hello(3, "abc")));
  EXPECT_TRUE(size.follow(record(kChangeCipherSpec, "\x01")));
  EXPECT_FALSE(size.follow(hello(HelloSize::kLimit + 1)));
}

TEST(HelloSize, EndsWithTheHellos) {
  HelloSize size;
  EXPECT_TRUE(size.follow(hello(3, "abc") + record(kHandshake, message(16, 3, "abc"))));
  EXPECT_TRUE(size.stopped());
  EXPECT_TRUE(size.follow(hello(0xFFFFFF)));
}

// The library reads on after a warning, and so must we: nobody gets past by saying one first.
TEST(HelloSize, IsReadBehindOtherRecords) {
  const std::string warning("\x01\x70", 2);  // unrecognized_name
  for (const auto& other : {record(kAlert, warning), record(kData, "abc"), record(kAlert, "")}) {
    HelloSize size;
    EXPECT_TRUE(size.follow(other));
    EXPECT_FALSE(size.stopped());
    EXPECT_FALSE(size.follow(hello(HelloSize::kLimit + 1)));
  }
}

TEST(HelloSize, OfOrdinaryClientsIsFarBelow) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const RawClient raw([version](SSL_CTX*, SSL* ssl) { SSL_set_max_proto_version(ssl, version); });
    std::string wire;
    raw.engine->start(wire);
    EXPECT_TRUE(HelloSize().follow(wire));
    EXPECT_LT(wire.size(), HelloSize::kLimit / 4);
  }
}

// The library would make room for 128 KiB.
TEST(HandshakeSize, OfAHelloIsBoundedBeforeItComes) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  std::string plaintext;
  std::string wire;
  EXPECT_EQ(server->receive(hello(100'000), plaintext, wire), Engine::State::kFailed);
  EXPECT_NE(server->failure().text.find("ClientHello is longer than 16 KiB"), std::string::npos);
  EXPECT_EQ(server->limit(), TlsLimit::kHello);
}

// A client whose first hello is answered by the wish for another one.
RawClient client_that_repeats_itself(const RawClient::Configure& more = {}) {
  return RawClient([&](SSL_CTX* context, SSL* ssl) {
    SSL_set1_groups_list(ssl, "ffdhe2048:X25519");
    if (more) more(context, ssl);
  });
}

// In TLS 1.3 the library passes over the alert user_canceled.
TEST(HandshakeSize, OfASecondHelloIsBoundedBehindAWarning) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const auto raw = client_that_repeats_itself();
  std::string plaintext;
  std::string wire;
  std::string answer;
  raw.engine->start(wire);
  wire += record(kAlert, std::string_view("\x01\x5a", 2), 3);
  ASSERT_EQ(server->receive(wire, plaintext, answer), Engine::State::kHandshaking)
      << server->failure().text;
  EXPECT_EQ(server->receive(hello(100'000), plaintext, answer), Engine::State::kFailed);
  EXPECT_EQ(server->limit(), TlsLimit::kHello);
}

TEST(HandshakeSize, OfALongHelloIsAccepted) {
  const std::string name(255, 'a');
  std::string list;
  for (int i = 0; i < 50; ++i) list += static_cast<char>(name.size()) + name;
  EXPECT_EQ(refused([&](SSL_CTX*, SSL* ssl) {
              SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                                  static_cast<unsigned>(list.size()));
            }),
            std::nullopt);
}

// TLS 1.3 may fill each record up to 16 KiB with zeros, which we would have to decrypt.
TEST(HandshakeSize, IsBoundedInAll) {
  const auto local = contexts_for("legacy.example");
  const std::string name(255, 'a');
  std::string list;
  for (int i = 0; i < 58; ++i) list += static_cast<char>(name.size()) + name;
  const auto pair = pair_for("peer.example", test::TestKey::kRsa2048);
  for (const bool filled : {false, true}) {
    const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
    const auto raw = client_that_repeats_itself([&](SSL_CTX*, SSL* ssl) {
      SSL_use_cert_and_key(ssl, pair.leaf.get(), pair.key.get(), nullptr, 1);
      SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
      if (filled) SSL_set_block_padding(ssl, SSL3_RT_MAX_PLAIN_LENGTH);
    });
    Talk talk{*raw.engine, *server, 4096, {}, {}, {}, {}};
    EXPECT_EQ(talk.handshake(), !filled) << server->failure().text;
    EXPECT_EQ(server->limit(), filled ? std::optional(TlsLimit::kHandshake) : std::nullopt);
  }
}

}  // namespace
}  // namespace portcullis::tls
