#include <gtest/gtest.h>
#include <malloc.h>
#include <openssl/core_names.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/tls/stranger.h"

#ifndef __has_feature
#define __has_feature(x) 0  // clang's; g++ defines __SANITIZE_ADDRESS__ instead
#endif

// What a handshake of a stranger may cost us at most: three ordinary ones, of the dearest group and
// the dearest of our keys. Times are those of this thread, and the least of several.
namespace portcullis::tls {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;
using State = Engine::State;

Milliseconds thread_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// In octets.
long memory_in_use() {
  const auto all = ::mallinfo2();
  return static_cast<long>(all.uordblks + all.hblkhd);
}

constexpr std::size_t kRoomForAnAnswer = 16'000;

const Contexts& local() {
  static const auto made = contexts_for("legacy.example");
  return *made;
}

// What our side of one session costs.
class Meter {
 public:
  Meter() {
    const auto before = memory_in_use();
    server_ = local().accept_wan(kS2s, kStartTls, domain("legacy.example"));
    held = memory_in_use() - before;
  }

  State receive(std::string_view wire) {
    std::string plaintext;
    answer.reserve(kRoomForAnAnswer);
    const auto held_before = memory_in_use();
    const auto before = thread_time();
    const State state = server_->receive(wire, plaintext, answer);
    spent += thread_time() - before;
    held += memory_in_use() - held_before;
    return state;
  }
  // A whole handshake, or as much of it as there is.
  void talk_with(const RawClient& raw) {
    std::string to_server;
    std::string ignored;
    raw.engine->start(to_server);
    while (!to_server.empty()) {
      receive(to_server);
      to_server.clear();
      raw.engine->receive(std::exchange(answer, {}), ignored, to_server);
    }
  }
  Engine& server() const { return *server_; }

  Milliseconds spent{0};
  long held = 0;  // octets
  std::string answer;

 private:
  std::unique_ptr<Engine> server_;
};

Milliseconds least(const std::function<Milliseconds()>& measure) {
  Milliseconds found = measure();
  for (int i = 0; i < 4; ++i) found = std::min(found, measure());
  return found;
}

Milliseconds cost_of(const RawClient::Configure& configure) {
  return least([&] {
    const RawClient raw(configure);
    Meter meter;
    meter.talk_with(raw);
    return meter.spent;
  });
}

// The dearest ordinary handshake. The client's certificate is one of RSA-2048.
Milliseconds ordinary() {
  static const auto pair = pair_for("peer.example", test::TestKey::kRsa2048);
  static const Milliseconds found = [] {
    Milliseconds dearest{0};
    for (const char* group : {"X25519", "P-256", "P-384", "P-521", "X448"})
      for (const char* signature : {"ECDSA+SHA256", "RSA-PSS+SHA256"})
        dearest = std::max(dearest, cost_of([&](SSL_CTX*, SSL* ssl) {
                             SSL_set1_groups_list(ssl, group);
                             SSL_set1_sigalgs_list(ssl, signature);
                             SSL_use_cert_and_key(ssl, pair.leaf.get(), pair.key.get(), nullptr, 1);
                           }));
    return dearest;
  }();
  return found;
}

// A sanitizer slows down our own code, but not OpenSSL's, and so the ratio says nothing.
constexpr bool kRatiosCount =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    false;
#else
    true;
#endif

void expect_affordable(const char* what, Milliseconds cost, double handshakes = 3) {
  ::testing::Test::RecordProperty(what, std::to_string(cost.count()));
  std::printf("  %-36s %8.3f ms, %5.2f ordinary handshakes\n", what, cost.count(),
              cost / ordinary());
  if (kRatiosCount) {
    EXPECT_LT(cost.count(), handshakes * ordinary().count()) << what;
  }
}

TEST(Budget, OfEveryGroupIsKept) {
  for (const char* group : {"ffdhe2048:P-256", "ffdhe8192:X25519", "ffdhe8192", "X25519", "P-521"})
    expect_affordable(group,
                      cost_of([group](SSL_CTX*, SSL* ssl) { SSL_set1_groups_list(ssl, group); }));
  expect_affordable("DHE with TLS 1.2", cost_of([](SSL_CTX*, SSL* ssl) {
                      SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
                      SSL_set_cipher_list(ssl, "DHE");
                    }));
}

// ---- Lists of certificates

// Certificates as small as there are, with a key whose point takes longest to decompress.
certs::X509Ptr tiny(const char* curve) {
  const certs::EvpPkeyPtr key(EVP_EC_gen(curve));
  EXPECT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED),
            1);
  certs::X509Ptr certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  return certificate;
}

Milliseconds cost_of_list(const char* curve, int count) {
  const auto certificate = tiny(curve);
  static const auto pair = pair_for("peer.example", test::TestKey::kP256);
  return cost_of([&](SSL_CTX*, SSL* ssl) {
    SSL_use_cert_and_key(ssl, pair.leaf.get(), pair.key.get(), nullptr, 1);
    for (int i = 0; i < count; ++i) SSL_add1_chain_cert(ssl, certificate.get());
  });
}

TEST(Budget, OfALongListOfCertificatesIsKept) {
  expect_affordable("10 certificates", cost_of_list("P-256", 9));
  // OpenSSL decodes a key before it asks anybody. With 3.5, whose own handshakes are cheaper, ten
  // such keys are 4.3 of them; their number is bounded, and whoever sends them is charged.
  expect_affordable("10 with the dearest curve", cost_of_list("P-224", 9), 6);
  expect_affordable("100 certificates", cost_of_list("P-256", 100));
}

// The session and all that it keeps of the peer, when the handshake has ended.
long memory_of(const RawClient::Configure& configure) {
  const RawClient raw(configure);
  Meter meter;
  meter.talk_with(raw);
  EXPECT_EQ(meter.server().state(), State::kEstablished);
  return meter.held;
}

TEST(Budget, OfMemoryIsKept) {
  static const auto pair = pair_for("peer.example", test::TestKey::kP256);
  const auto certificate = tiny("P-256");
  const auto showing = [&](int count) {
    return [&, count](SSL_CTX*, SSL* ssl) {
      SSL_use_cert_and_key(ssl, pair.leaf.get(), pair.key.get(), nullptr, 1);
      for (int i = 1; i < count; ++i) SSL_add1_chain_cert(ssl, certificate.get());
    };
  };
  memory_of(showing(1));  // what is made once
  const long one = memory_of(showing(1));
  const long ten = memory_of(showing(10));
  std::printf("  a session has %ld octets, with 10 certificates %ld\n", one, ten);
  EXPECT_LT(ten - one, 64 * 1024);
}

// ---- A ClientHello of 16 KiB

std::string numbered(std::size_t octets, std::string_view body) {
  std::string made;
  for (std::size_t i = octets; i-- > 0;) made += static_cast<char>(body.size() >> (8 * i) & 0xFFU);
  return made += body;
}

std::string repeated(std::string_view piece, std::size_t octets) {
  std::string made;
  while (made.size() + piece.size() <= octets) made += piece;
  return made;
}

struct Hello {
  std::string suites{"\x13\x01", 2};
  std::string groups{"\x00\x1d", 2};
  std::string signatures{"\x08\x04\x04\x03", 4};
  std::string more;  // extensions

  static std::string extension(int type, std::string_view body) {
    return std::string{static_cast<char>(type >> 8), static_cast<char>(type & 0xFF)} +
           numbered(2, body);
  }
  std::string octets() const {
    const std::string share = std::string("\x00\x1d", 2) + numbered(2, std::string(32, '\x09'));
    const std::string extensions =
        extension(43, std::string_view("\x02\x03\x04", 3)) + extension(10, numbered(2, groups)) +
        extension(13, numbered(2, signatures)) + extension(51, numbered(2, share)) + more;
    const std::string body = std::string("\x03\x03") + std::string(32, 'r') + numbered(1, "") +
                             numbered(2, suites) + numbered(1, std::string(1, '\0')) +
                             numbered(2, extensions);
    return "\x01" + numbered(3, body);
  }
  // In records of that many octets.
  std::string wire(std::size_t piece) const {
    const std::string all = octets();
    std::string made;
    for (std::size_t at = 0; at < all.size(); at += piece)
      made += "\x16\x03\x01" + numbered(2, std::string_view(all).substr(at, piece));
    return made;
  }
};

Milliseconds cost_of(const Hello& hello, std::size_t piece = 16'000) {
  const std::string wire = hello.wire(piece);
  return least([&] {
    Meter meter;
    meter.receive(wire);
    return meter.spent;
  });
}

TEST(Budget, OfALongHelloIsKept) {
  constexpr std::size_t kMuch = 15'800;
  Hello plain;
  Meter meter;
  ASSERT_EQ(meter.receive(plain.wire(16'000)), State::kHandshaking)
      << meter.server().failure().text;
  ASSERT_GT(meter.answer.size(), 500U);  // it was answered, so it is well formed
  expect_affordable("a short hello", cost_of(plain));

  Hello signatures;
  signatures.signatures = repeated(std::string_view("\x04\x03\x08\x04", 4), kMuch);
  expect_affordable("8000 signature algorithms", cost_of(signatures));
  Hello suites;
  suites.suites = repeated(std::string_view("\xc0\x2b\x13\x01", 4), kMuch);
  expect_affordable("8000 cipher suites", cost_of(suites));
  Hello groups;
  groups.groups = repeated(std::string_view("\x00\x18\x00\x1d", 4), kMuch);
  expect_affordable("8000 groups", cost_of(groups));
  Hello tickets;
  const std::string identity = numbered(2, std::string(60, 't')) + std::string(4, '\0');
  const std::string binder = numbered(1, std::string(32, 'b'));
  tickets.more = Hello::extension(45, std::string_view("\x01\x01", 2)) +
                 Hello::extension(41, numbered(2, repeated(identity, 10'000)) +
                                          numbered(2, repeated(binder, 5'000)));
  expect_affordable("150 tickets", cost_of(tickets));
  Hello unknown;
  for (int type = 0x4000; unknown.more.size() < kMuch; ++type)
    unknown.more += Hello::extension(type, "");
  expect_affordable("4000 unknown extensions", cost_of(unknown));
}

TEST(Budget, OfTinyRecordsIsKept) {
  Hello long_one;
  long_one.signatures = repeated(std::string_view("\x04\x03\x08\x04", 4), 10'000);
  expect_affordable("a long hello in records of one octet", cost_of(long_one, 1));
  expect_affordable("a short one", cost_of(Hello(), 1));
}

// The whole of what a stranger can make us do with records: a handshake, and as many as it likes.
TEST(Budget, OfTinyRecordsBehindTheHandshakeIsKept) {
  expect_affordable("1,000 records of one octet", least([] {
                      const RawClient raw;
                      Meter meter;
                      meter.talk_with(raw);
                      for (int i = 0; i < 1'000; ++i) {
                        std::string wire;
                        raw.engine->send(" ", wire);
                        meter.receive(wire);
                      }
                      EXPECT_EQ(meter.server().state(), State::kRefused);
                      return meter.spent;
                    }));
}

// ---- After the handshake

constexpr int kRounds = 2000;

// What the messages that `say` makes cost us for each octet of them, in records of data of the same
// length. The session ends before the last or is still established.
double price(int version, const std::function<void(SSL*)>& say, State ending) {
  const RawClient raw([version](SSL_CTX*, SSL* ssl) { SSL_set_max_proto_version(ssl, version); });
  Meter meter;
  meter.talk_with(raw);
  EXPECT_EQ(meter.server().state(), State::kEstablished);
  meter.server().trust_peer();
  const auto measure = [&](const std::function<std::string()>& next) {
    std::string wire;
    for (int i = 0; i < kRounds; ++i) wire += next();
    meter.spent = Milliseconds{0};
    meter.receive(wire);
    return meter.spent / static_cast<double>(wire.size());
  };
  const auto data = measure([&] {
    std::string wire;
    raw.engine->send("12345", wire);
    return wire;
  });
  const auto dear = measure([&] {
    say(raw.ssl);
    std::string wire;
    raw.engine->send("1", wire);
    return wire;
  });
  EXPECT_EQ(meter.server().state(), ending);
  std::printf("  %.1f times what data costs\n", dear / data);
  return dear / data;
}

TEST(Budget, OfKeyUpdatesIsKept) {
  EXPECT_LT(price(
                TLS1_3_VERSION, [](SSL* ssl) { SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED); },
                State::kFailed),
            3);
}

TEST(Budget, AFewKeyUpdatesAreAccepted) {
  const RawClient raw;
  Meter meter;
  meter.talk_with(raw);
  meter.server().trust_peer();
  const std::string data(300'000, 'd');
  // Sixteen for each MiB of data, over and over.
  for (int i = 0; i < 40; ++i) {
    SSL_key_update(raw.ssl, SSL_KEY_UPDATE_REQUESTED);
    std::string wire;
    raw.engine->send(data, wire);
    ASSERT_EQ(meter.receive(wire), State::kEstablished) << i;
  }
}

}  // namespace
}  // namespace portcullis::tls
