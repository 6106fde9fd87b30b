#include "proxy/tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

namespace portcullis::tls {
namespace {

// Results of the callback, as SSL_CTX_set_tlsext_ticket_key_evp_cb(3) defines them.
constexpr int kFailed = -1;
constexpr int kUnknownKey = 0;
constexpr int kUse = 1;          // to protect a new ticket
constexpr int kUseAndRenew = 2;  // to open one

bool fill_random(std::span<unsigned char> bytes) {
  return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

bool set_mac_key(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac_key.data(), key.mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int protect(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
            EVP_MAC_CTX* mac) {
  auto key = keys.current();
  if (!key || !fill_random({iv, 16})) return kFailed;
  std::copy(key->name.begin(), key->name.end(), name);
  const bool ready =
      EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher_key.data(), iv, nullptr) == 1 &&
      set_mac_key(mac, *key);
  return ready ? kUse : kFailed;
}

int unprotect(TicketKeys& keys, const unsigned char* name, const unsigned char* iv,
              EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  auto found = keys.find(std::span<const unsigned char, 16>(name, 16));
  if (!found) return kUnknownKey;
  const bool ready =
      EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), found->cipher_key.data(), iv, nullptr) == 1 &&
      set_mac_key(mac, *found);
  // A ticket is good for one resumption, so that two visits of a client cannot be linked by it.
  return ready ? kUseAndRenew : kFailed;
}

void free_keys(void*, void* keys, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::shared_ptr<TicketKeys>*>(keys);
}

int keys_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_keys);
  return slot;
}

int ticket_callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac, int encrypt) {
  auto* keys = static_cast<std::shared_ptr<TicketKeys>*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_slot()));
  if (keys == nullptr) return kFailed;
  return encrypt == 1 ? protect(**keys, name, iv, cipher, mac)
                      : unprotect(**keys, name, iv, cipher, mac);
}

}  // namespace

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher_key.data(), cipher_key.size());
  OPENSSL_cleanse(mac_key.data(), mac_key.size());
}

// A key encrypts for one lifetime, and its tickets are accepted for one more. This also holds if
// the function is called only rarely.
void TicketKeys::rotate() {
  const auto now = clock_();
  if (previous_ && now - previous_->made >= 2 * lifetime) previous_.reset();
  if (!current_ || now - current_->made < lifetime) return;
  previous_.reset();
  if (now - current_->made < 2 * lifetime) previous_ = current_;
  current_.reset();
}

std::optional<TicketKeys::Key> TicketKeys::current() {
  const std::lock_guard lock(mutex_);
  rotate();
  if (!current_) {
    Key key;
    key.made = clock_();
    if (!fill_random(key.name) || !fill_random(key.cipher_key) || !fill_random(key.mac_key)) {
      return std::nullopt;
    }
    current_ = key;
  }
  return current_;
}

std::optional<TicketKeys::Key> TicketKeys::find(std::span<const unsigned char, 16> name) {
  const std::lock_guard lock(mutex_);
  rotate();
  const auto is = [&](const std::optional<Key>& key) {
    return key && std::equal(name.begin(), name.end(), key->name.begin());
  };
  if (is(current_)) return current_;
  if (is(previous_)) return previous_;
  return std::nullopt;
}

bool use_ticket_keys(SSL_CTX* context, const std::shared_ptr<TicketKeys>& keys) {
  auto owned = std::make_unique<std::shared_ptr<TicketKeys>>(keys);
  if (SSL_CTX_set_ex_data(context, keys_slot(), owned.get()) != 1) return false;
  owned.release();  // NOLINT(bugprone-unused-return-value): `context` owns it now
  return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &ticket_callback) == 1;
}

}  // namespace portcullis::tls
