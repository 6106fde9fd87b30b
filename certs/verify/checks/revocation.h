#pragma once

#include <openssl/x509_vfy.h>

#include <chrono>
#include <optional>
#include <string>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// Puts the policy's revocation lists into an initialised context. They must vouch for every
// certificate below the anchor. In soft mode an absent, outdated or elsewhere-scoped list is passed
// over; a defective one never is, and neither is an entry in an outdated one.
class RevocationWatch {
 public:
  RevocationWatch(X509_STORE_CTX* context, const VerifyPolicy& policy);
  RevocationWatch(const RevocationWatch&) = delete;
  RevocationWatch& operator=(const RevocationWatch&) = delete;

  bool passes_over(X509_STORE_CTX* context, int error) const;
  // Keeps what the list says of the certificate that `context` has just found revoked.
  void note_entry(X509_STORE_CTX* context);
  // "since 2026-11-02 14:05 UTC (keyCompromise)" of the entry found, "" when none was.
  std::string finding() const;

 private:
  policy::Revocation mode_;
  std::optional<std::chrono::sys_seconds> revoked_at_;
  int revocation_reason_ = -1;  // RFC 5280 section 5.3.1; -1: none given
};

// A leaf that demands a staple (RFC 7633) and did not get a good one, or one that says it is
// revoked.
std::optional<CertificateFault> check_must_staple(const VerifyRequest& request,
                                                  const VerifiedPath& path);

}  // namespace portcullis::certs
