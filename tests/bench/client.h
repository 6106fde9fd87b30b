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

// TLS 1.3 with X25519 and AES-128-GCM, full handshakes, signatures of one key type only.
std::shared_ptr<SSL_CTX> client_context(KeyType key);

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
    // Called while the exception is handled; the client is of no use any more.
    virtual void on_failed(Client&) { throw; }
  };

  // All of them outlive the client.
  Client(Poller& poller, const Target& target, const Caller& caller, Owner& owner);

  // One TLS record for each call, up to 16 KiB; on its way after flush().
  void send(std::string_view bytes);
  void flush();
  std::size_t unsent() const { return out_.size() - sent_; }
  // close_notify; the socket is closed by the destructor.
  void close();
  bool closed() const { return closed_; }
  const Caller& caller() const { return caller_; }

  void on_events(std::uint32_t events) override;

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
