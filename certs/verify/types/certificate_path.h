#pragma once

#include <vector>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// Leaf first, anchor last. A trusted leaf is a path by itself.

// Linked by names, key ids and signatures; nothing else is judged yet. Borrowed from the request.
using CandidatePath = std::vector<X509*>;

// What X509_verify_cert has accepted. Owns its certificates.
using VerifiedPath = std::vector<X509Ptr>;

}  // namespace portcullis::certs
