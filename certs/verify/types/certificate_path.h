#pragma once

#include <vector>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// Paths are leaf first, anchor last. A leaf that is an anchor itself is a path of one certificate.

// Its certificates are linked by names and key ids, and by signatures unless the search says that
// they are not looked at; nothing else was judged. Borrowed from the request.
using CandidatePath = std::vector<X509*>;

// One that X509_verify_cert has accepted. Shares the ownership of its certificates.
using VerifiedPath = std::vector<X509Ptr>;

}  // namespace portcullis::certs
