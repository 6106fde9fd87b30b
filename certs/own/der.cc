#include "certs/own/der.h"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>

#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

const unsigned char* begin_of(std::string_view der) {
  return reinterpret_cast<const unsigned char*>(der.data());
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

template <class Encode>
Result<std::string> encoded(Encode encode, const char* what) {
  unsigned char* data = nullptr;
  const int size = encode(&data);
  if (size <= 0)
    return fail(fmt::format("{} cannot be written: {}", what, take_openssl_error().text));
  std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(data);
  return der;
}

}  // namespace

Result<std::string> certificate_to_der(X509* certificate) {
  return encoded([&](unsigned char** out) { return i2d_X509(certificate, out); }, "a certificate");
}

Result<X509Ptr> certificate_from_der(std::string_view der) {
  const unsigned char* at = begin_of(der);
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return fail("not a certificate: " + take_openssl_error().text);
  if (at != begin_of(der) + der.size()) return fail("something stands behind the certificate");
  return certificate;
}

Result<std::string> public_key_to_der(EVP_PKEY* key) {
  return encoded([&](unsigned char** out) { return i2d_PUBKEY(key, out); }, "a key");
}

Result<EvpPkeyPtr> leaf_key_from_der(std::string_view der) {
  const unsigned char* at = begin_of(der);
  EvpPkeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!key) return fail("not a key: " + take_openssl_error().text);
  if (at != begin_of(der) + der.size()) return fail("something stands behind the key");
  if (!is_p256(key.get())) return fail("not a key on the curve P-256");
  return key;
}

}  // namespace portcullis::certs
