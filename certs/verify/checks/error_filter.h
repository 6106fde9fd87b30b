#pragma once

#include <openssl/x509_vfy.h>

#include "certs/verify/checks/revocation.h"
#include "certs/verify/types/verify_policy.h"

namespace portcullis::certs {

// Decides which errors X509_verify_cert ignores: those that an exception waives, and those that the
// revocation mode allows. Ignoring one error skips no other check. The constructor puts it into
// `context`, which must be initialised; it must stay alive until the verification has ended.
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
