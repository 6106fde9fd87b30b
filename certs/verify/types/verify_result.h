#pragma once

#include <chrono>
#include <tl/expected.hpp>

#include "policy/reasons/reason.h"

namespace portcullis::certs {

struct Verified {
  // The earliest notAfter of the chain, but for those that are over and waived; sys_seconds::max()
  // for a pinned key.
  std::chrono::sys_seconds expires;
  bool client_purpose = false;  // accepted by `client_purpose_fallback`
  bool pinned = false;
};
struct CertificateFault {
  policy::Refusal refusal;
  int depth = 0;          // of the certificate at fault; 0: the leaf
  int openssl_error = 0;  // X509_V_ERR_*, 0 where the check is ours
};
using VerifyResult = tl::expected<Verified, CertificateFault>;

}  // namespace portcullis::certs
