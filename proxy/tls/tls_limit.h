#pragma once

#include <cstdint>

namespace portcullis::tls {

// What a peer may not have too much of, in its TLS records and messages. The sizes are constants;
// docs/decisions/0007-what-a-handshake-may-cost.md says why they are what they are.
enum class TlsLimit : std::uint8_t {
  kHello,         // the length of a ClientHello
  kHandshake,     // the octets of the whole handshake
  kRecords,       // the records before the peer is authenticated
  kMessage,       // the length of a list of certificates, or of another message
  kCertificates,  // how many certificates there are in a list
  kCurve,         // a key on an elliptic curve that is written out instead of named
  kKey,           // the size and the kind of the key in the peer's certificate
  kLateMessages,  // handshake messages behind the handshake: KeyUpdate, tickets, HelloRequest
  kRenegotiation  // attempts to begin another handshake on the same connection
};

}  // namespace portcullis::tls
