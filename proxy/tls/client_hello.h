#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "proxy/tls/handshake_rules.h"

namespace portcullis::tls {

// Reads every ClientHello on sessions of `context` into their HandshakeFacts.
void read_hellos(SSL_CTX* context);

// The same, and the client's SNI picks a context of `table`, which `context` owns from then on: it
// must live as long as any handshake begun on it. The choice is made before a ticket is looked at,
// so that a session of one host is never resumed at another (RFC 6066 section 3). An unknown or
// missing name keeps the certificates of `context`; XMPP has better words for it than an alert.
// False: out of memory.
bool choose_by_sni(SSL_CTX* context, std::unique_ptr<const HostTable> table);

}  // namespace portcullis::tls
