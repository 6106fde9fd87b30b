#pragma once

#include <openssl/ssl.h>

namespace portcullis::tls {

// Refuses Diffie-Hellman over finite fields (RFC 7919 and older) in both roles and all versions.
// One ClientHello for ffdhe8192 would cost us 200 times what X25519 costs, and its sender nothing.
// Everything else stays at the library's defaults, so that its new groups are ours, too.
// It does so by a security callback in front of the library's own: no list is written here.
void refuse_finite_field(SSL_CTX* context);

}  // namespace portcullis::tls
