#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fuzz/engine_stage.h"
#include "tests/fuzz/steps.h"

// TLS records into an engine, in both roles: octets of the input between, in front of and inside of
// what an honest peer sends. Whatever comes, our engine says what it should (engine_stage.h), and
// what it decrypts is what the honest peer encrypted and nothing else.
namespace {

using namespace portcullis;
using namespace portcullis::fuzz;
using tls::Engine;

constexpr std::size_t kMostSteps = 100;

struct World {
  std::unique_ptr<tls::Contexts> ours = tls::contexts_for("legacy.example");
  std::unique_ptr<tls::Contexts> theirs = tls::contexts_for("peer.example");
  certs::KeyPair certificate = tls::pair_for("peer.example", test::TestKey::kP256);
};

const World& world() {
  static const World made;
  return made;
}

struct Choice {
  explicit Choice(std::uint8_t octet)
      : initiating((octet & 1) != 0),
        tls12((octet & 2) != 0),
        direct((octet & 4) != 0),
        client((octet & 8) != 0),
        certified((octet & 16) != 0) {}
  bool initiating;  // our role
  bool tls12;
  bool direct;
  bool client;
  bool certified;  // whether the honest client shows a certificate
};

TlsEntry entry(const Choice& choice) {
  return choice.direct ? TlsEntry::kDirectTls : TlsEntry::kStartTls;
}

std::unique_ptr<Engine> our_engine(const Choice& choice) {
  const auto host = tls::domain("legacy.example");
  if (choice.initiating)
    return world().ours->connect_wan(host, tls::domain("peer.example"), entry(choice));
  return world().ours->accept_wan(choice.client ? StreamKind::kC2s : StreamKind::kS2sInbound,
                                  entry(choice),
                                  choice.direct ? std::nullopt : std::optional(host));
}

class Session {
 public:
  explicit Session(const Choice& choice)
      : ours_(our_engine(choice)),
        client_([&choice](SSL_CTX*, SSL* ssl) { configure(choice, ssl); }) {
    if (choice.initiating)
      server_ = world().theirs->accept_wan(StreamKind::kS2sInbound, entry(choice),
                                           tls::domain("peer.example"));
    honest().start(from_honest_);
  }

  void perform(Step step) {
    hand_over();
    switch (step.what) {
      case 'r':  // octets of the input
        return ours_.receive(step.with);
      case 'h':  // all that the honest peer has sent
        return deliver(from_honest_.size());
      case 'p':  // a part of it
        return deliver(number(step.with));
      case 'm':  // with some octets changed
        mangle(step.with);
        return deliver(from_honest_.size());
      case 'd':  // a part of it is lost
        from_honest_.erase(0, number(step.with));
        return;
      case 's':  // the honest peer sends
        if (honest().send(step.with, from_honest_)) said_.append(step.with);
        return;
      case 'k':
        if (server_ == nullptr) SSL_key_update(client_.ssl, SSL_KEY_UPDATE_REQUESTED);
        return;
      case 'g':
        if (server_ == nullptr) SSL_renegotiate(client_.ssl);
        return;
      case 'c':
        return honest().close(from_honest_);
      case 'w':
        return ours_.send(step.with);
      case 'x':
        return ours_.close();
      default:
        return;
    }
  }

  void end() {
    hand_over();
    demand(std::string_view(said_).starts_with(ours_.plaintext()));
  }

 private:
  static void configure(const Choice& choice, SSL* ssl) {
    if (choice.tls12) SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_tlsext_host_name(ssl, "legacy.example");
    if (!choice.certified) return;
    SSL_use_certificate(ssl, world().certificate.chain.front().get());
    SSL_use_PrivateKey(ssl, world().certificate.key.get());
  }

  Engine& honest() { return server_ ? *server_ : *client_.engine; }

  void hand_over() {
    std::string heard;
    honest().receive(ours_.take_wire(), heard, from_honest_);
  }
  void deliver(std::size_t size) {
    const auto part = from_honest_.substr(0, size);
    from_honest_.erase(0, size);
    ours_.receive(part);
  }
  // Three octets each: where, and what to combine it with.
  void mangle(std::string_view how) {
    for (; how.size() >= 3; how.remove_prefix(3)) {
      const auto at = number(how.substr(0, 2));
      if (at < from_honest_.size()) from_honest_[at] ^= how[2];
    }
  }
  static std::size_t number(std::string_view octets) {
    std::size_t value = 0;
    for (const char each : octets.substr(0, 2))
      value = value * 256 + static_cast<std::uint8_t>(each);
    return value;
  }

  ExaminedEngine ours_;
  tls::RawClient client_;
  std::unique_ptr<Engine> server_;  // the honest peer when we are the initiating side
  std::string from_honest_;
  std::string said_;
};

}  // namespace

// What takes long is made now, so that it is not in the time of an input.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  world();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text(data, size);
  const auto first = preamble(input);
  Session session(Choice(first.empty() ? 0 : static_cast<std::uint8_t>(first.front())));
  for_each_step(input, kMostSteps, [&session](Step step) {
    session.perform(step);
    return true;
  });
  session.end();
  return 0;
}
