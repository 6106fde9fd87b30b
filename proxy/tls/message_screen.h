#pragma once

#include <openssl/ssl.h>

namespace portcullis::tls {

// Looks at each message of the peer on sessions of `context` before the library reads it, and makes
// those that are too dear fail: certificates as too_dear() says, and in numbers those that come
// behind the handshake: KeyUpdate, tickets, and in TLS 1.2 HelloRequest. Of these each one costs
// 40 times what a record with data does; 16 are accepted for each MiB of data, where RFC 8446
// section 5.5 asks for one KeyUpdate in hundreds of MiB. A client that begins another handshake
// (renegotiation) is refused at once.
//
// What was refused stands in HandshakeFacts. The library goes on after some of it, so the owner of
// the session has to look there and end the session.
void screen_messages(SSL_CTX* context);

}  // namespace portcullis::tls
