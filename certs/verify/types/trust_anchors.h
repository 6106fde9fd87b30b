#pragma once

#include <string>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// The certificates a chain may end at. Immutable, so threads may share it.
class TrustAnchors {
 public:
  static Result<TrustAnchors> from_pem_file(const std::string& path);
  // `origin` only names the certificates in the error.
  static Result<TrustAnchors> from_certificates(std::vector<X509Ptr> certificates,
                                                const std::string& origin);

  const std::vector<X509Ptr>& certificates() const { return certificates_; }
  // For X509_STORE_CTX_init. Borrowed, and never modified after loading.
  X509_STORE* store() const { return store_.get(); }

 private:
  std::vector<X509Ptr> certificates_;
  X509StorePtr store_;
};

}  // namespace portcullis::certs
