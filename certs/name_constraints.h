#pragma once

#include <optional>

#include "certs/verified_path.h"

namespace portcullis::certs {

// The reference name against the dNSName subtrees of every CA of the path, the anchor included
// (RFC 5280 4.2.1.10). OpenSSL checks the names in the leaf; this catches a wildcard in the leaf
// that covers a reference which the CA excludes.
std::optional<CertificateFault> check_name_constraints(const VerifiedPath& path,
                                                       const DomainName& reference);

}  // namespace portcullis::certs
