#include "certs/verify/types/trust_anchors.h"

#include <openssl/x509.h>

#include "certs/x509/openssl_error.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {

Result<TrustAnchors> TrustAnchors::from_pem_file(const std::string& path) {
  return read_certificates(path).and_then([&](std::vector<X509Ptr>&& certificates) {
    return from_certificates(std::move(certificates), path);
  });
}

Result<TrustAnchors> TrustAnchors::from_certificates(std::vector<X509Ptr> certificates,
                                                     const std::string& origin) {
  TrustAnchors anchors;
  anchors.store_.reset(X509_STORE_new());
  if (!anchors.store_) return fail(origin + ": out of memory while loading trust anchors");
  for (const X509Ptr& certificate : certificates) {
    if (X509_STORE_add_cert(anchors.store_.get(), certificate.get()) != 1) {
      return fail(origin + ": a certificate cannot be a trust anchor (" +
                  take_openssl_error().text + ")");
    }
  }
  anchors.certificates_ = std::move(certificates);
  return anchors;
}

}  // namespace portcullis::certs
