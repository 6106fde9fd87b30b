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

namespace portcullis::tls {

// The certificates of one host: at most one pair per key type.
struct HostCredentials {
  DomainName domain;
  std::vector<DomainName> aliases;
  std::vector<certs::KeyPair> pairs;
};

struct ContextsSpec {
  std::vector<HostCredentials> hosts;  // the first is served when a client names none
  // Of the handshake. Where a stricter floor is only observed it is the gate that judges it.
  TlsVersion s2s_min_version = TlsVersion::kTls12;
  TlsVersion c2s_min_version = TlsVersion::kTls12;
  bool forward_secrecy = false;  // never kRSA on the WAN
  // Clients are asked for a certificate, and then for a full handshake each time.
  bool asks_clients = false;
};

// Every SSL_CTX of one configuration generation, built alike: OpenSSL's default ciphers, groups
// and signature algorithms, server preference (so that ECDSA goes first), no renegotiation, no
// compression, no s2s resumption. kRSA alone can be missing from the ciphers: with
// `forward_secrecy`, and for a host whose RSA certificate may not encipher keys. A peer's
// certificate never fails a handshake: it is judged after it, in words.
class Contexts {
 public:
  static Result<std::unique_ptr<Contexts>> build(ContextsSpec spec);
  ~Contexts();

  // WAN, receiving. `host` by stream `to` (STARTTLS); empty with direct TLS: SNI decides, ALPN
  // xmpp-server / xmpp-client is demanded if any ALPN is offered. s2s asks for a certificate.
  std::unique_ptr<Engine> accept_wan(StreamKind kind, TlsEntry entry,
                                     const std::optional<DomainName>& host) const;
  // WAN, initiating: SNI = remote domain, ALPN xmpp-server on direct TLS; shows `local`'s
  // certificates.
  std::unique_ptr<Engine> connect_wan(const DomainName& local, const DomainName& remote,
                                      TlsEntry entry) const;
  // Backend, receiving: we are `leaf`'s domain and ask for the backend's certificate.
  std::unique_ptr<Engine> accept_backend(const certs::MintedLeaf& leaf) const;
  // Backend, initiating: SNI = the host; we show `leaf`.
  std::unique_ptr<Engine> connect_backend(const certs::MintedLeaf& leaf,
                                          const DomainName& host) const;
  // For a stream that is not authenticated (observe mode): nothing of ours vouches for anybody.
  // Receiving: we show a throw-away self-signed certificate that names nobody. Initiating: none.
  // The backend's own chain is there to be pinned as ever.
  std::unique_ptr<Engine> accept_backend_anonymous() const;
  std::unique_ptr<Engine> connect_backend_anonymous(const DomainName& host) const;

 private:
  struct Impl;
  explicit Contexts(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::tls
