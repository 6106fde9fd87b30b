#pragma once

#include <string>

#include "certs/verify/types/verify_policy.h"
#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// Why the policy does not take the certificate's key: "RSA key of 1024 bits". Empty when it does.
std::string key_weakness(const X509* certificate, const VerifyPolicy& policy);

// Whether the policy takes the algorithm that the certificate is signed with.
bool is_allowed_signature(X509* certificate, const VerifyPolicy& policy);

}  // namespace portcullis::certs
