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
  for (const auto& other : {record(kHandshake, message(16, 3, "abc")), record(kData, "abc")}) {
    HelloSize size;
    EXPECT_TRUE(size.follow(hello(3, "abc") + other));
    EXPECT_TRUE(size.stopped());
    EXPECT_TRUE(size.follow(hello(0xFFFFFF)));
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

// A list of certificates that is not too long, in records of one octet.
TEST(HandshakeSize, IsBoundedInAll) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw([](SSL_CTX*, SSL* ssl) { SSL_set_max_proto_version(ssl, TLS1_2_VERSION); });
  std::string plaintext;
  std::string wire;
  std::string answer;
  raw.engine->start(wire);
  ASSERT_EQ(server->receive(wire, plaintext, answer), Engine::State::kHandshaking);
  std::size_t sent = wire.size();
  for (const char octet : message(11, 16'000, std::string(16'000, 'x'))) {
    const auto piece = record(kHandshake, {&octet, 1}, 3);
    sent += piece.size();
    if (server->receive(piece, plaintext, answer) == Engine::State::kFailed) break;
  }
  EXPECT_EQ(server->state(), Engine::State::kFailed);
  EXPECT_NE(server->failure().text.find("more than 64 KiB"), std::string::npos)
      << server->failure().text;
  EXPECT_NEAR(static_cast<double>(sent), 64 * 1024, 16);
}

}  // namespace
}  // namespace portcullis::tls
