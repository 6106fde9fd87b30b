#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "certs/verify.h"

namespace portcullis::certs {

// Leaf first, anchor last.
using VerifiedPath = std::vector<X509Ptr>;

// A path to an anchor that X509_verify_cert accepts for the server purpose at `now`. Knows no
// names.
tl::expected<VerifiedPath, CertificateFault> find_path(const PresentedChain& chain,
                                                       const TrustAnchors& anchors,
                                                       const DomainName& reference,
                                                       const VerifyPolicy& policy,
                                                       std::chrono::sys_seconds now);

}  // namespace portcullis::certs
