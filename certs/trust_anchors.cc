#include "certs/trust_anchors.h"

#include <openssl/x509.h>

#include <filesystem>
#include <system_error>

#include "certs/openssl_error.h"
#include "certs/pem_file.h"

namespace portcullis::certs {

Result<TrustAnchors> TrustAnchors::system() {
  // OpenSSL's compiled-in name comes second: on Debian it is a link that ca-certificates does not
  // make.
  const std::string debian = "/etc/ssl/certs/ca-certificates.crt";
  std::error_code ignored;
  if (std::filesystem::exists(debian, ignored)) return from_pem_file(debian);
  return from_pem_file(X509_get_default_cert_file());
}

Result<TrustAnchors> TrustAnchors::from_pem_file(const std::string& path) {
  auto certificates = read_certificates(path);
  if (!certificates) return fail(std::move(certificates.error().message));
  TrustAnchors anchors;
  anchors.store_.reset(X509_STORE_new());
  if (!anchors.store_) return fail(path + ": out of memory while loading trust anchors");
  for (X509Ptr& certificate : *certificates) {
    if (X509_STORE_add_cert(anchors.store_.get(), certificate.get()) != 1) {
      return fail(path + ": a certificate cannot be a trust anchor (" + take_openssl_error().text +
                  ")");
    }
    anchors.certificates_.push_back(std::move(certificate));
  }
  return anchors;
}

}  // namespace portcullis::certs
