#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// From notBefore to notAfter (RFC 5280 section 4.1.2.5), both included.
struct Validity {
  std::chrono::sys_seconds from;
  std::chrono::sys_seconds until;
};

Result<EvpPkeyPtr> generate_p256_key();

// A self-signed CA that may issue leaves only (pathLenConstraint 0).
Result<X509Ptr> build_ca(const std::string& common_name, EVP_PKEY* key, const Validity& validity);

// A leaf with `domain` as its only name, for both ends of a server-to-server stream.
Result<X509Ptr> build_leaf(const DomainName& domain, EVP_PKEY* leaf_key, X509* ca, EVP_PKEY* ca_key,
                           const Validity& validity);

// Self-signed, for all of `names`, for both ends of a server-to-server stream. Fails without a
// name.
Result<X509Ptr> build_self_signed(const std::vector<DomainName>& names, EVP_PKEY* key,
                                  const Validity& validity);

// Self-signed and without a domain name: for a TLS server that has to show some certificate and
// must prove nothing with it.
Result<X509Ptr> build_nameless(EVP_PKEY* key);

}  // namespace portcullis::certs
