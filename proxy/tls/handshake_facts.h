#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "proxy/base/tls_version.h"
#include "proxy/tls/tls_limit.h"

namespace portcullis::tls {

// What a peer's handshake messages tell before the library decides anything by them, kept to bound
// them and to explain why a session failed.
struct HandshakeFacts {
  TlsVersion newest = TlsVersion::kUnknown;  // the newest version that a ClientHello offers
  // Of the cipher suites that we know, a ClientHello offers only those that exchange keys by RSA,
  // which have no forward secrecy.
  bool only_rsa_key_exchange = false;
  bool established = false;       // the handshake is done
  std::size_t late_messages = 0;  // of a handshake, behind it and since the last MiB of data
  std::optional<TlsLimit> limit;  // that a message went over
  std::string_view refused;       // why that message was refused unread; empty: none was

  void refuse(TlsLimit which, std::string_view why) {
    limit = which;
    refused = why;
  }
};

// Where what is read on this session goes to; `facts` outlives it. False: out of memory.
bool keep_facts(SSL* ssl, HandshakeFacts* facts);

// nullptr: nobody wants to know.
HandshakeFacts* facts_of(const SSL* ssl);

}  // namespace portcullis::tls
