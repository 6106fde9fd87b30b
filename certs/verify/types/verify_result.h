#pragma once

#include <chrono>
#include <tl/expected.hpp>

#include "policy/reasons/reason.h"

namespace portcullis::certs {

// What is known about a certificate that was accepted.
struct Verified {
  // The earliest notAfter in the path. One that is over and was waived does not count.
  // sys_seconds::max() for a pinned key.
  std::chrono::sys_seconds expires;
  bool client_purpose = false;  // accepted by `client_purpose_fallback`
  bool pinned = false;
};

// Why it was refused, in words for the remote admin.
struct CertificateFault {
  policy::Refusal refusal;
  int depth = 0;          // of the certificate at fault; 0: the leaf
  int openssl_error = 0;  // X509_V_ERR_*; 0 when a check of our own found it
};

using VerifyResult = tl::expected<Verified, CertificateFault>;

}  // namespace portcullis::certs
