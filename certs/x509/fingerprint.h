#pragma once

#include <string>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// SHA-256 of the whole certificate, in hexadecimal, as crt.sh and sha256sum(1) of the DER file
// write it. "" for a null certificate.
std::string fingerprint_text(const X509* certificate);

}  // namespace portcullis::certs
