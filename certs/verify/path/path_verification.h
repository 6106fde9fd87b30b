#pragma once

#include <tl/expected.hpp>

#include "certs/verify/path/path_search.h"
#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// X509_verify_cert over this path and nothing else, with revocation as the policy wants it. Knows
// no names.
tl::expected<VerifiedPath, CertificateFault> verify_path(const VerifyRequest& request,
                                                         const CandidatePath& candidate,
                                                         Purpose purpose);

// Why no path reached an anchor, by one X509_verify_cert over everything there is.
CertificateFault explain_no_path(const VerifyRequest& request, Purpose purpose, SearchEnd end);

}  // namespace portcullis::certs
