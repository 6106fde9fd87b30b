#include "certs/identity.h"

#include <openssl/x509v3.h>

namespace portcullis::certs {

unsigned int host_flags() {
  return X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
}

NameMatch match_dns_id(const X509* leaf, const DomainName& reference) {
  const std::string& name = reference.text();
  // The reference can have neither a leading dot nor '*', both of which would match too much.
  const int result =
      X509_check_host(const_cast<X509*>(leaf), name.data(), name.size(), host_flags(), nullptr);
  if (result == 1) return NameMatch::kMatch;
  return result == 0 ? NameMatch::kMismatch : NameMatch::kError;
}

}  // namespace portcullis::certs
