#pragma once

#include <optional>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// Faults of extensions that OpenSSL lets pass (RFC 5280 section 4.2): a leaf that is a CA or may
// sign certificates, name constraints in a leaf, name constraints that are empty or do not parse,
// authority information access that does not parse. Returns the first, counted from the leaf.
std::optional<CertificateFault> check_extensions(const VerifyRequest& request,
                                                 const VerifiedPath& path);

}  // namespace portcullis::certs
