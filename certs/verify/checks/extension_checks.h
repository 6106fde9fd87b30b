#pragma once

#include <optional>

#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// Extensions where they must not be, or in a form that must not be (RFC 5280 section 4.2), which
// OpenSSL lets pass: a CA or one that may sign certificates as the leaf, name constraints in a leaf
// or without a subtree, authority information access that does not parse.
std::optional<CertificateFault> check_extensions(const VerifyRequest& request,
                                                 const VerifiedPath& path);

}  // namespace portcullis::certs
