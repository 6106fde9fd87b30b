#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"

namespace portcullis::policy {

// Where a folder holds the certificates of a domain. Pure: it names files, whether they are there
// is another question.

// How one program lays out its folder. "{domain}" stands for the domain as an A-label.
struct CertificateLayout {
  std::string_view chain;
  std::string_view key;
  std::string_view written_by;
};
const std::vector<CertificateLayout>& certificate_layouts();

// On which streams a pair is shown.
enum class CertificateUse : std::uint8_t {
  kServing,   // to whoever connects; and on all others, if there are none for those
  kOutgoing,  // on streams that we open to other servers
};

// For each layout, in the order of certificate_layouts(), the pairs that may be there: with the
// domain itself, and with "-ecdsa" or "-rsa" behind it where a domain has a key of both types; for
// kOutgoing with "-outgoing" between them. No file is outside of `folder`.
std::vector<std::vector<CertificateFiles>> certificate_candidates(
    const std::string& folder, const DomainName& domain,
    CertificateUse use = CertificateUse::kServing);

}  // namespace portcullis::policy
