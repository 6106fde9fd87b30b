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
#include "proxy/tls/tls_limit.h"

namespace portcullis::tls {

// Plain facts about an established session, or about one whose handshake is under way.
struct Facts {
  TlsVersion version = TlsVersion::kUnknown;
  std::string cipher;                 // empty: not chosen yet
  bool forward_secrecy = true;        // false: the key exchange is that of RSA
  std::string sni;                    // receiving side: what the peer sent, printable; else empty
  std::string alpn;                   // negotiated
  std::optional<KeyType> served_key;  // of our certificate, on the receiving side
  // The same certificate, if this peer was shown it: in a resumed session it was shown none.
  std::shared_ptr<X509> served_leaf;
};

// One TLS session over our own buffers: OpenSSL reads from the caller's bytes and appends to the
// caller's string. It holds no I/O buffer while idle. It is not thread-safe and cannot be moved.
class Engine {
 public:
  explicit Engine(certs::SslPtr ssl);  // from Contexts; accept or connect state already set
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  enum class State : std::uint8_t { kHandshaking, kEstablished, kPeerClosed, kRefused, kFailed };

  // Initiating side: appends the first flight to `wire`. Receiving side: does nothing.
  State start(std::string& wire);
  // Consumes all of `ciphertext`; appends decrypted bytes to `plaintext`, and what must be sent to
  // `wire`. kPeerClosed means that close_notify was read; kFailed that failure() tells why, and
  // `wire` may end with an alert that is still to be sent. kRefused: the peer is over a limit, and
  // nothing of it is read any more; it can still be told why.
  State receive(std::string_view ciphertext, std::string& plaintext, std::string& wire);
  // The peer is relayed from now on. Until then the number of its records is limited.
  void trust_peer();
  // Encrypts all of `plaintext`. Returns false before the handshake is done and when the session
  // has failed.
  bool send(std::string_view plaintext, std::string& wire);
  // Appends close_notify to `wire`.
  void close(std::string& wire);

  State state() const;
  // Only in the state kFailed: tls_version_too_low, tls_no_common_suite, alpn_mismatch or
  // tls_failed. If the peer ended the session with an alert, the detail text says so.
  policy::Refusal failure() const;
  // In the states kRefused and kFailed: the limit that the peer went over; nullopt: it ended for
  // something else.
  std::optional<TlsLimit> limit() const;
  Facts facts() const;
  // The certificates that the peer showed, for certs::verify_peer. `leaf` is null if it showed
  // none.
  certs::PresentedChain peer_chain() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::tls
