#pragma once

#include <openssl/ssl.h>

#include "policy/model/s2s_settings.h"

namespace portcullis::tls {

struct KeyExchangeRules {
  // Diffie-Hellman over finite fields (RFC 7919 and older) is refused but for this group. One
  // ClientHello for ffdhe8192 would cost us 200 times what X25519 costs, and its sender nothing.
  policy::FiniteField finite_field = policy::FiniteField::kOff;
  // Key exchange by RSA (kRSA) is refused.
  bool forward_secrecy = false;
};

// Applies `rules` in both roles and all versions. Everything else stays at the library's defaults,
// so that we profit from its new groups and suites: this is a security callback in front of the
// library's own, and no list is written here. False: out of memory.
bool limit_key_exchange(SSL_CTX* context, const KeyExchangeRules& rules);

// Whether limit_key_exchange() refuses key exchange by RSA on this session.
bool demands_forward_secrecy(const SSL* ssl);

// Whether a suite's key exchange has forward secrecy. True for null: nothing is agreed.
bool has_forward_secrecy(const SSL_CIPHER* suite);

}  // namespace portcullis::tls
