#pragma once

#include <string>
#include <vector>

#include "policy/model/certificate_folder.h"
#include "policy/model/config.h"
#include "proxy/base/result.h"

namespace portcullis::relay {

// The certificates of `domain` in a folder as certbot, lego and others write it: those of the first
// layout that has any. Fails when there is none, or the folder cannot be looked into; the error
// says what was looked for. For kOutgoing there need be none.
Result<std::vector<policy::CertificateFiles>> find_certificates(
    const std::string& folder, const DomainName& domain,
    policy::CertificateUse use = policy::CertificateUse::kServing);

}  // namespace portcullis::relay
