#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/key_type.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::tls {

// RFC 7301 protocol name for XMPP: "xmpp-server" or "xmpp-client" (XEP-0368).
std::string_view alpn_protocol(StreamKind kind);

// Accepts every certificate of the peer during the handshake, and sets the session's verify result
// to a failure. So a handshake never fails because of what a certificate says, and nobody can take
// OpenSSL's result for a verdict. The one exception is a key that would let a stranger spend our
// time: RSA over 8192 bits or with a public exponent over 64 bits, and DSA.
void postpone_verification(SSL_CTX* context);

// Selects our protocol if the peer offers it. If the peer's list does not have it, direct TLS ends
// with alert 120 (no_application_protocol), because the peer wants another protocol; with STARTTLS
// the list is ignored.
void answer_alpn(SSL_CTX* context, StreamKind kind, TlsEntry entry);

// Makes a session of ours as a client accept certificates with keys of this type only: it offers no
// other signature algorithms. False: out of memory.
bool accept_keys_of(SSL* ssl, KeyType type);

// Which of `contexts` serves a domain; aliases point at their host's.
struct HostTable {
  std::unordered_map<DomainName, std::size_t> index;
  std::vector<certs::SslCtxPtr> contexts;

  SSL_CTX* find(const DomainName& domain) const;  // nullptr: not served
};

}  // namespace portcullis::tls
