#pragma once

#include <openssl/ssl.h>

namespace portcullis::tls {

// Ends sessions of `context` on a message of the peer that is too dear, before the library reads
// it: certificates as too_dear() says, and KeyUpdate messages in numbers. Of these each one costs
// 40 times what a record with data does; 16 are accepted for each MiB of data, where RFC 8446
// section 5.5 asks for one in hundreds of MiB. HandshakeFacts tell what it was.
void screen_messages(SSL_CTX* context);

}  // namespace portcullis::tls
