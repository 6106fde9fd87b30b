#pragma once

#include <openssl/x509_vfy.h>

#include "certs/verify/checks/revocation.h"
#include "certs/verify/types/verify_policy.h"

namespace portcullis::certs {

// Which errors a verification passes over: what an exception waives, and what the revocation mode
// forgives. Installs itself into an initialised context and must live as long as that verifies.
// Passing over one error skips no other check.
class ErrorFilter {
 public:
  ErrorFilter(X509_STORE_CTX* context, const VerifyPolicy& policy);
  ErrorFilter(const ErrorFilter&) = delete;
  ErrorFilter& operator=(const ErrorFilter&) = delete;

  const RevocationWatch& revocation() const { return revocation_; }

 private:
  static int on_verified(int ok, X509_STORE_CTX* context);

  const Waivers waivers_;
  RevocationWatch revocation_;
};

}  // namespace portcullis::certs
