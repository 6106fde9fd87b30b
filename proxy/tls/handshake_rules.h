#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/stream_kind.h"

namespace portcullis::tls {

// RFC 7301 protocol name for XMPP: "xmpp-server" or "xmpp-client" (XEP-0368).
std::string_view alpn_protocol(StreamKind kind);

// Accepts every certificate of the peer during the handshake, and sets the session's verify result
// to a failure. So a handshake never fails because of a certificate, and nobody can take OpenSSL's
// result for a verdict.
void postpone_verification(SSL_CTX* context);

// Selects our protocol if the peer offers it. If the peer's list does not have it, direct TLS ends
// with alert 120 (no_application_protocol), because the peer wants another protocol; with STARTTLS
// the list is ignored.
void answer_alpn(SSL_CTX* context, StreamKind kind, TlsEntry entry);

// Which of `contexts` serves a domain; aliases point at their host's.
struct HostTable {
  std::unordered_map<DomainName, std::size_t> index;
  std::vector<certs::SslCtxPtr> contexts;

  SSL_CTX* find(const DomainName& domain) const;  // nullptr: not served
};

// Lets the client's SNI select a context of `table`. From then on `entry` owns the table, so
// `entry` must live as long as any handshake that began on it. If the name is unknown or missing,
// `entry`'s own certificates are used: a stream error tells the peer more than an alert. Returns
// false if memory ran out.
bool choose_by_sni(SSL_CTX* entry, std::unique_ptr<const HostTable> table);

}  // namespace portcullis::tls
