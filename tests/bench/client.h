#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/peer_identity.h"
#include "tests/bench/script.h"
#include "tests/bench/sockets.h"

namespace portcullis::bench {

enum class KeyType { kEcdsa, kRsa };
enum class TlsVersion { kTls12, kTls13 };

// X25519 and AES-128-GCM, signatures of one key type only.
std::shared_ptr<SSL_CTX> client_context(KeyType key, TlsVersion version);

using SessionPtr = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

struct Target {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  Entry entry = Entry::kDirectTls;
  KeyType key = KeyType::kEcdsa;
  std::shared_ptr<SSL_CTX> context;
  std::string alpn = "xmpp-client";  // with direct TLS
};

// Who calls, and what it says.
struct Caller {
  Script script;
  std::string whom = "bench.example";  // SNI
  std::string from = "127.0.0.1";      // the source address
  Identity shown = {};                 // without a leaf: none
};

// One XMPP client or server over TLS. It works through a script, then hands over to its owner.
// Whatever goes wrong is a std::runtime_error with what the far end said, and the owner's to judge.
class Client : public Handler {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_ready(Client& client) = 0;
    virtual void on_data(Client& client, std::string_view bytes) = 0;
    virtual void on_writable(Client&) {}
    // A session that the far end lets us resume once.
    virtual void on_session(SessionPtr) {}
    // Called while the exception is handled; the client is of no use any more.
    virtual void on_failed(Client&) { throw; }
  };

  // All of them outlive the client. Resumes `session`, if it is given one: a far end that does not
  // resume it is an error.
  Client(Poller& poller, const Target& target, const Caller& caller, Owner& owner,
         SessionPtr session = {nullptr, SSL_SESSION_free});

  // One TLS record for each call, up to 16 KiB; on its way after flush().
  void send(std::string_view bytes);
  void flush();
  std::size_t unsent() const { return out_.size() - sent_; }
  // close_notify; the socket is closed by the destructor.
  void close();
  bool closed() const { return closed_; }
  const Caller& caller() const { return caller_; }

  void on_events(std::uint32_t events) override;

  // For the library, which gives `session` away.
  static int on_new_session(SSL* ssl, SSL_SESSION* session);

 private:
  void work(std::uint32_t events);
  void begin_tls();
  void handshake();
  void begin_step();
  void read_tls();
  void take(std::string_view bytes);
  void advance();
  void collect_output();
  bool scripted() const { return step_ < caller_.script.size(); }

  Poller& poller_;
  Owner& owner_;
  const Caller& caller_;
  const Target& target_;
  std::size_t step_ = 0;
  Fd fd_;
  SessionPtr session_;  // to be resumed
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool connected_ = false;
  bool encrypted_ = false;  // TLS has begun
  bool established_ = false;
  bool waiting_ = false;
  bool closed_ = false;
  std::string in_;
  std::string out_;
  std::size_t sent_ = 0;  // bytes of out_ that the kernel has
};

}  // namespace portcullis::bench
