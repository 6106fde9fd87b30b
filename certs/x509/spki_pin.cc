#include "certs/x509/spki_pin.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "certs/x509/openssl_error.h"

namespace portcullis::certs {

std::optional<policy::SpkiPin> spki_pin(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) {
    take_openssl_error();
    return std::nullopt;
  }
  policy::SpkiPin pin{};
  const int done =
      EVP_Digest(der, static_cast<std::size_t>(size), pin.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  if (done != 1) return std::nullopt;
  return pin;
}

std::string spki_pin_text(const X509* certificate) {
  const auto pin = certificate != nullptr ? spki_pin(certificate) : std::nullopt;
  return pin ? policy::pin_text(*pin) : std::string();
}

}  // namespace portcullis::certs
