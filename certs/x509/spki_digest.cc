#include "certs/x509/spki_digest.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "certs/x509/openssl_error.h"

namespace portcullis::certs {

std::optional<SpkiDigest> spki_digest(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) {
    take_openssl_error();
    return std::nullopt;
  }
  SpkiDigest digest{};
  const int done = EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr,
                              EVP_sha256(), nullptr);
  OPENSSL_free(der);
  if (done != 1) return std::nullopt;
  return digest;
}

}  // namespace portcullis::certs
