#pragma once

#include <optional>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// The floors that are ours rather than OpenSSL's, on a path that reached an anchor: key types and
// sizes, digests, version 3. First fault from the leaf upward.
std::optional<CertificateFault> check_floors(const VerifyRequest& request,
                                             const VerifiedPath& path);

// The floor of keys alone, which holds for a pinned one too.
std::optional<CertificateFault> check_key_floor(const VerifyRequest& request,
                                                const X509* certificate, int depth);

}  // namespace portcullis::certs
