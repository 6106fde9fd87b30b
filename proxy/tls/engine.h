#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "certs/verify/types/presented_chain.h"
#include "certs/x509/openssl_ptr.h"
#include "policy/reasons/reason.h"
#include "proxy/base/key_type.h"
#include "proxy/base/tls_version.h"

namespace portcullis::tls {

// Plain facts about an established session.
struct Facts {
  TlsVersion version = TlsVersion::kUnknown;
  std::string cipher;
  std::string sni;                    // receiving side: as sent by the peer, printable; else empty
  std::string alpn;                   // negotiated
  std::optional<KeyType> served_key;  // of our certificate, on the receiving side
};

// One TLS session over our own buffers: OpenSSL reads from the caller's bytes and appends to the
// caller's string. Holds no I/O buffer while idle. Not thread-safe; not movable once made.
class Engine {
 public:
  explicit Engine(certs::SslPtr ssl);  // from Contexts; accept or connect state already set
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  enum class State : std::uint8_t { kHandshaking, kEstablished, kPeerClosed, kFailed };

  // Initiating side: produces the first flight. Receiving side: nothing.
  State start(std::string& wire);
  // Consumes all of `ciphertext`; appends decrypted bytes to `plaintext` and whatever must be
  // sent to `wire`. kPeerClosed: close_notify was read.
  State receive(std::string_view ciphertext, std::string& plaintext, std::string& wire);
  // Encrypts all of it. Only when established; false after a failure.
  bool send(std::string_view plaintext, std::string& wire);
  // Appends close_notify.
  void close(std::string& wire);

  State state() const;
  // After kFailed: tls_version_too_low, tls_no_common_suite, alpn_mismatch or tls_failed. Before
  // the handshake ended an alert of the peer is `refused_by_peer`... in the detail text.
  policy::Refusal failure() const;
  Facts facts() const;
  // What the peer showed, for certs::verify_peer. Leaf is null when it showed none.
  certs::PresentedChain peer_chain() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::tls
