#pragma once

#include <optional>

#include "certs/verified_path.h"

namespace portcullis::certs {

// The floors that are ours rather than OpenSSL's, on a path that reached an anchor: key types and
// sizes, digests, version 3, a CA used as a leaf. First fault from the leaf upward.
std::optional<CertificateFault> check_floors(const VerifiedPath& path, const DomainName& reference,
                                             const VerifyPolicy& policy);

}  // namespace portcullis::certs
