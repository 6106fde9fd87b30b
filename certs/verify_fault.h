#pragma once

#include <openssl/x509_vfy.h>

#include <string>

#include "certs/verify.h"

namespace portcullis::certs {

// The closed reason for an X509_V_ERR_* at `depth`. Errors that no entry names are chain_invalid.
// X509_V_OK is internal_error: a failed verification must not carry it.
policy::Reason reason_for(int openssl_error, int depth);

// The refusal of a verification that failed, in words for the remote admin.
CertificateFault describe_fault(X509_STORE_CTX* failed, const PresentedChain& chain,
                                const DomainName& reference, const VerifyPolicy& policy);

// The weakest keys accepted, for a refusal: "RSA-2048, P-256 or Ed25519".
std::string least_key_text(const VerifyPolicy& policy);

}  // namespace portcullis::certs
