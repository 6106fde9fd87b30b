#pragma once

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

// For each layout, in the order of certificate_layouts(), the pairs that may be there: with the
// domain itself, and with "-ecdsa" or "-rsa" behind it where a domain has a key of both types. No
// file is outside of `folder`.
std::vector<std::vector<CertificateFiles>> certificate_candidates(const std::string& folder,
                                                                  const DomainName& domain);

}  // namespace portcullis::policy
