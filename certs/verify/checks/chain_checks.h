#pragma once

#include <optional>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// The limits that are ours rather than OpenSSL's, on a path that reached an anchor: types and sizes
// of keys, digests of signatures, X.509 version 3. Returns the first fault, counted from the leaf.
std::optional<CertificateFault> check_floors(const VerifyRequest& request,
                                             const VerifiedPath& path);

// The limits for the key alone. They hold for a pinned certificate too.
std::optional<CertificateFault> check_key_floor(const VerifyRequest& request,
                                                const X509* certificate, int depth);

}  // namespace portcullis::certs
