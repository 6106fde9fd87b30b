#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/peer_identity.h"
#include "tests/bench/served_stream.h"

namespace portcullis::bench {

// What a server shows: one certificate to everybody, or for each domain that is asked for (SNI) one
// of an authority. Whoever calls is asked for a certificate, which is not judged.
class ServerContext {
 public:
  explicit ServerContext(Identity shown);
  explicit ServerContext(PeerAuthority authority);
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  SSL* new_session() const;

 private:
  static int on_name(SSL* ssl, int* alert, void* self);
  const Identity& of(const std::string& domain);

  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<PeerAuthority> authority_;
  std::map<std::string, Identity> of_domain_;
};

// A stream of another server, with just enough of the protocol: STARTTLS, SASL EXTERNAL for
// anybody, and what comes then is swallowed up to its end.
class FarStream : public ServedStream {
 public:
  FarStream(Poller& poller, Fd fd, const ServerContext& context);
  void on_events(std::uint32_t events) override;
  bool over() const override { return over_; }

 private:
  enum class Phase : std::uint8_t { kClear, kStartTls, kSecured, kAuth, kRestart, kOpen };

  void take_octets(std::string_view octets);
  void decrypt();
  void take(std::string_view text);
  bool negotiate();  // one step; false when more input is needed
  void say(std::string_view text);
  void flush();

  Poller& poller_;
  const ServerContext& context_;
  Fd fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  Phase phase_ = Phase::kClear;
  std::string in_;
  std::string out_;
  bool waiting_ = false;  // for room to write
  bool over_ = false;
};

}  // namespace portcullis::bench
