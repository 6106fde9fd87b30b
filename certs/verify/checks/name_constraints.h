#pragma once

#include <optional>

#include "certs/names/identity.h"
#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// The reference and the name that matched it, of whatever form, against the dNSName subtrees of
// every CA of the path, the anchor included (RFC 5280 section 4.2.1.10). OpenSSL judges the
// dNSNames of the leaf only: a name of XMPP would escape the CA's limits, and so would a reference
// that is excluded but covered by a wildcard. A base that is no host name is refused. References
// that are addresses are left to OpenSSL.
std::optional<CertificateFault> check_name_constraints(const VerifyRequest& request,
                                                       const VerifiedPath& path,
                                                       const Identity& identity);

}  // namespace portcullis::certs
