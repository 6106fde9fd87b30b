#pragma once

#include <openssl/x509_vfy.h>

#include <chrono>
#include <optional>
#include <string>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// Makes a verification check the policy's revocation lists: every certificate below the anchor
// needs a current one. In soft mode it is no fault when that list is absent, outdated or of another
// scope. A defective list always is a fault, and so is an entry in an outdated one. The constructor
// sets `context` up, which must be initialised.
class RevocationWatch {
 public:
  RevocationWatch(X509_STORE_CTX* context, const VerifyPolicy& policy);
  RevocationWatch(const RevocationWatch&) = delete;
  RevocationWatch& operator=(const RevocationWatch&) = delete;

  // Whether the error that `context` has just met is to be ignored.
  bool passes_over(X509_STORE_CTX* context, int error) const;
  // Remembers what the list says about the certificate that `context` has just found revoked.
  void note_entry(X509_STORE_CTX* context);
  // "since 2026-11-02 14:05 UTC (keyCompromise)", from what note_entry found; "" when it was
  // nothing.
  std::string finding() const;

 private:
  policy::Revocation mode_;
  std::optional<std::chrono::sys_seconds> revoked_at_;
  int revocation_reason_ = -1;  // RFC 5280 section 5.3.1; -1: none given
};

// The fault of a leaf that demands a staple (RFC 7633): the staple is missing or not good, or it
// says that the leaf is revoked.
std::optional<CertificateFault> check_must_staple(const VerifyRequest& request,
                                                  const VerifiedPath& path);

}  // namespace portcullis::certs
