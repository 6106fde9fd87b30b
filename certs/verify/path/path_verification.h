#pragma once

#include <tl/expected.hpp>

#include "certs/verify/path/path_search.h"
#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// Lets OpenSSL verify this path and no other, with revocation as the policy wants it. Names are not
// compared.
tl::expected<VerifiedPath, CertificateFault> verify_path(const VerifyRequest& request,
                                                         const CandidatePath& candidate,
                                                         Purpose purpose);

// Why no path reached an anchor, found by one X509_verify_cert over all that was sent. `end` is how
// the search ended.
CertificateFault explain_no_path(const VerifyRequest& request, Purpose purpose, SearchEnd end);

}  // namespace portcullis::certs
