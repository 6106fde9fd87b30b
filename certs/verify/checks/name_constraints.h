#pragma once

#include <optional>

#include "certs/names/identity.h"
#include "certs/verify/types/certificate_path.h"
#include "certs/verify/types/verify_request.h"
#include "certs/verify/types/verify_result.h"

namespace portcullis::certs {

// Name constraints (RFC 5280 section 4.2.1.10), as far as OpenSSL does not check them. OpenSSL
// checks the dNSNames of the leaf. That leaves out an SRV-ID or XmppAddr, and a reference that is
// excluded but matched by a wildcard. So the dNSName subtrees of every CA in the path, the anchor
// included, must allow both the reference and the name in `identity`. A subtree that is no host
// name allows nothing. References that are addresses are left to OpenSSL.
std::optional<CertificateFault> check_name_constraints(const VerifyRequest& request,
                                                       const VerifiedPath& path,
                                                       const Identity& identity);

}  // namespace portcullis::certs
