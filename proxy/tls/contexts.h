#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certs/own/credentials.h"
#include "certs/own/local_ca.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"
#include "proxy/base/stream_kind.h"
#include "proxy/base/tls_version.h"
#include "proxy/tls/engine.h"
#include "proxy/tls/key_exchange.h"
#include "proxy/tls/leaf_choice.h"

namespace portcullis::tls {

// The certificates of one host: at most one pair per key type.
struct HostCredentials {
  DomainName domain;
  std::vector<DomainName> aliases;
  std::vector<certs::KeyPair> pairs;
  std::vector<certs::KeyPair> outgoing = {};  // for the streams that we open; empty: `pairs`

  const std::vector<certs::KeyPair>& for_calling() const {
    return outgoing.empty() ? pairs : outgoing;
  }
};

struct ContextsSpec {
  std::vector<HostCredentials> hosts;  // the first is served when a client names none
  // The lowest versions that a handshake accepts. If observe mode applies a stricter minimum, the
  // handshake does not demand it; the certificate gate judges it.
  TlsVersion s2s_min_version = TlsVersion::kTls12;
  TlsVersion c2s_min_version = TlsVersion::kTls12;
  // If observe mode applies forward secrecy, the handshake does not demand it either.
  KeyExchangeRules s2s_key_exchange;
  KeyExchangeRules c2s_key_exchange;
  // Clients are asked for a certificate. Then they cannot resume sessions.
  bool asks_clients = false;
  // Clients may bind their login to the certificate that they are shown, so they are shown one on
  // each connection.
  bool binds_clients = false;
};

// Owns every SSL_CTX of one configuration generation. All have OpenSSL's default ciphers, groups
// and signature algorithms, server preference (so that ECDSA goes first), no renegotiation, no
// compression and no s2s resumption. Only key exchange over finite fields and by RSA is refused, as
// KeyExchangeRules say; by RSA also for a host whose certificate may not encipher keys. A handshake
// fails because of a peer's certificate only if it is too dear to look at: it is judged after the
// handshake, and a refusal is told in words. The functions may be called on any thread; an engine
// whose session could not be made is in the state kFailed.
class Contexts {
 public:
  static Result<std::unique_ptr<Contexts>> build(ContextsSpec spec);
  ~Contexts();

  // WAN, receiving. With STARTTLS, `host` is the domain in the stream's `to`. With direct TLS it is
  // empty: SNI decides, and if the peer offers any ALPN, xmpp-server (s2s) or xmpp-client (c2s)
  // must be among it. On s2s the peer is asked for a certificate.
  std::unique_ptr<Engine> accept_wan(StreamKind kind, TlsEntry entry,
                                     const std::optional<DomainName>& host) const;
  // WAN, initiating: SNI is the remote domain; with direct TLS, ALPN is xmpp-server. We show the
  // certificates of `local`.
  std::unique_ptr<Engine> connect_wan(const DomainName& local, const DomainName& remote,
                                      TlsEntry entry) const;
  // Backend, receiving: we are `leaf`'s domain and ask for the backend's certificate.
  std::unique_ptr<Engine> accept_backend(const certs::MintedLeaf& leaf) const;
  // The same with direct TLS: SNI decides whose leaf it is. ALPN as with accept_wan().
  std::unique_ptr<Engine> accept_backend_direct(ChooseLeaf choose) const;
  // Backend, initiating: SNI is `host`; we show `leaf`.
  std::unique_ptr<Engine> connect_backend(const certs::MintedLeaf& leaf,
                                          const DomainName& host) const;
  // For a stream that is not authenticated (observe mode): we must not show a certificate that
  // confirms anybody's domain. Receiving: we show a throw-away self-signed certificate that names
  // nobody. Initiating: we show none. The backend still shows its own chain, so its pinned key can
  // be checked as always.
  std::unique_ptr<Engine> accept_backend_anonymous() const;
  std::unique_ptr<Engine> connect_backend_anonymous(const DomainName& host) const;
  // Backend, initiating, for a client: SNI is `host`, and we show no certificate, because the
  // client logs in by itself. The backend's key is judged after the handshake, as always. With
  // `only`, a server that holds no certificate of that type ends the handshake.
  std::unique_ptr<Engine> connect_backend_for_client(const DomainName& host,
                                                     std::optional<KeyType> only = {}) const;

 private:
  struct Impl;
  explicit Contexts(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A session with a server that is shown no certificate and whose own is not judged: for who only
// wants to see it. Null when memory runs out.
std::unique_ptr<Engine> connect_without_certificate(const DomainName& host);

}  // namespace portcullis::tls
