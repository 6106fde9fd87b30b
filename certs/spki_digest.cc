#include "certs/spki_digest.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>

#include "certs/openssl_error.h"

namespace portcullis::certs {
namespace {

constexpr std::string_view kPrefix = "spki-sha256:";
constexpr std::size_t kBase64Size = 44;  // of 32 octets, with one '='

}  // namespace

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

std::string pin_text(const SpkiDigest& digest) {
  std::array<unsigned char, kBase64Size + 1> base64{};  // and a NUL
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return std::string(kPrefix) + std::string(base64.begin(), base64.end() - 1);
}

Result<SpkiDigest> parse_pin(std::string_view text) {
  std::array<unsigned char, kBase64Size> octets{};
  const auto bad = [] { return fail("is no pin: write spki-sha256: and the base64 of 32 octets"); };
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + kBase64Size) return bad();
  const std::string base64(text.substr(kPrefix.size()));
  const int size =
      EVP_DecodeBlock(octets.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                      static_cast<int>(base64.size()));
  take_openssl_error();
  if (size < 0) return bad();
  SpkiDigest digest{};
  std::copy_n(octets.begin(), digest.size(), digest.begin());
  // The decoder passes over white space, padding and unused bits.
  if (pin_text(digest) != text) return bad();
  return digest;
}

}  // namespace portcullis::certs
