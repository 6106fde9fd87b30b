#pragma once

#include <openssl/x509_vfy.h>

#include <string>

#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"
#include "policy/reasons/reason.h"

namespace portcullis::certs {

// The closed reason for an X509_V_ERR_* at `depth`. Errors that no entry names are chain_invalid.
// X509_V_OK is internal_error: a failed verification must not carry it.
policy::Reason reason_for(int openssl_error, int depth);

// What one of our own checks found: the arguments of the reason's sentence
// (policy/reasons/reason.h).
struct Finding {
  std::string detail;
  const X509* certificate;   // at fault, borrowed; null when none was shown
  int depth;                 // of that certificate; 0: the leaf
  std::string list = {};     // the names that are there instead
  std::string subject = {};  // to be told instead of the certificate's own
};
CertificateFault make_fault(const VerifyRequest& request, policy::Reason reason,
                            const Finding& finding);
// A fault of ours, such as no memory.
CertificateFault internal_fault(const char* what);

// The fault of a verification that failed, in words for the remote admin. `revocation` is what the
// revocation list says about a revoked certificate, else "".
CertificateFault describe_fault(X509_STORE_CTX* failed, const VerifyRequest& request,
                                const std::string& revocation);

// The weakest keys accepted, for a refusal: "RSA-2048, P-256 or Ed25519".
std::string least_key_text(const VerifyPolicy& policy);

}  // namespace portcullis::certs
