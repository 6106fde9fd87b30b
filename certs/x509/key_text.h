#pragma once

#include <openssl/types.h>

#include <string>

namespace portcullis::certs {

// The key of a certificate in short: "ECDSA 256", "RSA 2048", "Ed25519". Another type has
// OpenSSL's name for it. Empty: there is no certificate, or no key in it that can be read.
std::string key_text(const X509* certificate);

}  // namespace portcullis::certs
