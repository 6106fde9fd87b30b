#pragma once

#include <chrono>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// Who holds the local CA's key: this process, or another one that is asked.
class LeafIssuer {
 public:
  LeafIssuer() = default;
  virtual ~LeafIssuer() = default;
  LeafIssuer(const LeafIssuer&) = delete;
  LeafIssuer& operator=(const LeafIssuer&) = delete;

  // A leaf with `remote` as its only name for the public part of `leaf_key`, good for seven days or
  // until the CA ends. Thread-safe. Fails where the CA has expired, or nobody answers in time.
  virtual Result<X509Ptr> issue(const DomainName& remote, EVP_PKEY* leaf_key,
                                std::chrono::sys_seconds now) = 0;
};

}  // namespace portcullis::certs
