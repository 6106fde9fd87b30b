#include "proxy/xmpp/dialback_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>

namespace portcullis::xmpp {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hexadecimal(const Digest& digest, unsigned size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{2} * size);
  for (unsigned at = 0; at < size; ++at) {
    text.push_back(kDigits[digest[at] >> 4U]);
    text.push_back(kDigits[digest[at] & 15U]);
  }
  return text;
}

// OpenSSL fails here only if it cannot be used at all, and no key may ever be empty.
std::string sha256(std::string_view text) {
  Digest digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    std::abort();
  return hexadecimal(digest, size);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(),
           digest.data(), &size) == nullptr)
    std::abort();
  return hexadecimal(digest, size);
}

}  // namespace

// On the WAN the key is exactly that of XEP-0185, so that other software with the same secret can
// answer for us. The backend's keys are made from another secret, which follows from it.
DialbackKeys::DialbackKeys(std::string_view secret, DialbackPlace place)
    : hashed_secret_(sha256(place == DialbackPlace::kWan
                                ? std::string(secret)
                                : hmac_sha256(secret, "portcullis backend dialback"))) {}

std::string DialbackKeys::key(const DomainName& receiving, const DomainName& originating,
                              std::string_view stream_id) const {
  std::string text = receiving.u_label();
  text.append(" ").append(originating.u_label()).append(" ").append(stream_id);
  return hmac_sha256(hashed_secret_, text);
}

bool DialbackKeys::is_right(std::string_view key, const DomainName& receiving,
                            const DomainName& originating, std::string_view stream_id) const {
  const auto right = this->key(receiving, originating, stream_id);
  return key.size() == right.size() && CRYPTO_memcmp(key.data(), right.data(), right.size()) == 0;
}

}  // namespace portcullis::xmpp
