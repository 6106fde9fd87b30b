#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <string_view>

#include "proxy/base/tls_version.h"

namespace portcullis::tls {

// What a peer's handshake messages tell before the library decides anything by them, kept to bound
// them and to explain why a session failed.
struct HandshakeFacts {
  TlsVersion newest = TlsVersion::kUnknown;  // the newest version that a ClientHello offers
  // Of the cipher suites that we know, a ClientHello offers only those that exchange keys by RSA,
  // which have no forward secrecy.
  bool only_rsa_key_exchange = false;
  std::size_t key_updates = 0;  // KeyUpdate messages since the last MiB of data
  std::string_view refused;     // why a message was refused unread; empty: none was
};

// Where what is read on this session goes to; `facts` outlives it. False: out of memory.
bool keep_facts(SSL* ssl, HandshakeFacts* facts);

// nullptr: nobody wants to know.
HandshakeFacts* facts_of(const SSL* ssl);

}  // namespace portcullis::tls
