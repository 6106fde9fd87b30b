#include "proxy/tls/record_count.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/tls/stranger.h"

namespace portcullis::tls {
namespace {

using State = Engine::State;

constexpr char kHandshake = 22;
constexpr char kAlert = 21;
constexpr char kData = 23;

std::string records(char type, std::size_t count, std::size_t octets = 1) {
  std::string made;
  for (std::size_t i = 0; i < count; ++i) {
    made += {type, 3, 3, static_cast<char>(octets >> 8U), static_cast<char>(octets & 0xFFU)};
    made.append(octets, 'x');
  }
  return made;
}

bool fits(RecordCount& count, std::string_view wire) {
  count.readable(wire);
  return !count.over();
}

// What the engine sends, cut anew into records of one octet.
std::string in_records_of_one_octet(std::string_view wire) {
  std::string made;
  while (wire.size() >= 5) {
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(wire[3])) << 8U |
                             static_cast<unsigned char>(wire[4]);
    for (const char octet : wire.substr(5, size)) {
      made += wire.substr(0, 3);
      made += {0, 1, octet};
    }
    wire.remove_prefix(5 + size);
  }
  return made;
}

TEST(RecordCount, IsOfEachSort) {
  for (const auto& [type, most] : {std::pair{kHandshake, RecordCount::kMaxHandshake},
                                   std::pair{kData, RecordCount::kMaxOthers}}) {
    RecordCount count;
    EXPECT_TRUE(fits(count, records(type, most)));
    EXPECT_FALSE(fits(count, records(type, 1)));
  }
  RecordCount both;
  EXPECT_TRUE(fits(both, records(kHandshake, RecordCount::kMaxHandshake)));
  EXPECT_TRUE(fits(both, records(kData, RecordCount::kMaxOthers)));
  EXPECT_FALSE(fits(both, records(kAlert, 1)));
}

TEST(RecordCount, WhatMayBeReadIsTheSameInAnyPieces) {
  const auto fine = records(kData, RecordCount::kMaxOthers, 300);
  const auto wire = fine + records(kData, 10, 20);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, wire.size()}) {
    RecordCount count;
    std::string read;
    for (std::size_t at = 0; at < wire.size() && !count.over(); at += piece)
      read += count.readable(std::string_view(wire).substr(at, piece));
    EXPECT_TRUE(count.over());
    EXPECT_EQ(read, wire.substr(0, fine.size() + 5)) << "up to the header that is too many";
  }
}

TEST(RecordCount, OfAHelloInRecordsOfOneOctetIsAccepted) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw;
  std::string wire;
  std::string plaintext;
  std::string answer;
  raw.engine->start(wire);
  server->receive(in_records_of_one_octet(wire), plaintext, answer);
  EXPECT_EQ(server->state(), State::kHandshaking) << server->failure().text;
  EXPECT_GT(answer.size(), 500U);  // it was answered
}

TEST(RecordCount, OfAHelloOf16KiBInRecordsOfOneOctetIsNot) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const std::string name(255, 'a');
  std::string list;
  // With the key share of X25519MLKEM768, which OpenSSL 3.5 sends, it is still below 16 KiB.
  for (int i = 0; i < 55; ++i) list += static_cast<char>(name.size()) + name;
  const RawClient raw([&](SSL_CTX*, SSL* ssl) {
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
  });
  std::string wire;
  std::string plaintext;
  std::string answer;
  raw.engine->start(wire);
  ASSERT_GT(wire.size(), 14'000U);
  server->receive(in_records_of_one_octet(wire), plaintext, answer);
  EXPECT_EQ(server->state(), State::kFailed);
  EXPECT_EQ(server->limit(), TlsLimit::kRecords);
}

class RecordsOfAPeer : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(talk_.handshake()); }
  // Says as many octets, each in a record of its own; returns what was heard.
  std::size_t say(int octets) {
    for (int i = 0; i < octets; ++i) raw_.engine->send(" ", talk_.to_server);
    talk_.deliver_all();
    return talk_.at_server.size();
  }

  std::unique_ptr<Contexts> local_ = contexts_for("legacy.example");
  std::unique_ptr<Engine> server_ = local_->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw_;
  Talk talk_{*raw_.engine, *server_, 1000, {}, {}, {}, {}};
};

TEST_F(RecordsOfAPeer, AreFewUntilItIsTrusted) {
  EXPECT_LT(say(2000), RecordCount::kMaxOthers);
  EXPECT_EQ(server_->state(), State::kRefused);
  EXPECT_EQ(server_->limit(), TlsLimit::kRecords);
  // It can be told why.
  EXPECT_TRUE(server_->send("too much", talk_.to_client));
  server_->close(talk_.to_client);
  talk_.deliver_all();
  EXPECT_EQ(talk_.at_client, "too much");
}

TEST_F(RecordsOfAPeer, AreNotCountedOfOneThatIsTrusted) {
  ASSERT_EQ(say(10), 10U);
  server_->trust_peer();
  EXPECT_EQ(say(3000), 3010U);
  EXPECT_EQ(server_->state(), State::kEstablished);
  EXPECT_EQ(server_->limit(), std::nullopt);
}

}  // namespace
}  // namespace portcullis::tls
