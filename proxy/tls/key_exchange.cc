#include "proxy/tls/key_exchange.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::tls {
namespace {

using SecurityCallback = int (*)(const SSL*, const SSL_CTX*, int, int, int, void*, void*);

// RFC 7919 section 2: the codepoints 256 to 511 are groups over finite fields.
constexpr std::uint16_t kFirstFiniteField = 0x0100;
constexpr std::uint16_t kLastFiniteField = 0x01FF;
constexpr std::uint16_t kFfdhe2048 = 0x0100;
constexpr int kStrengthOf2048 = 112;  // in bits, as the library counts it

std::uint16_t group_of(const void* codepoint) {
  const auto* const octets = static_cast<const unsigned char*>(codepoint);
  return static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
}

bool is_finite_field(std::uint16_t group) {
  return group >= kFirstFiniteField && group <= kLastFiniteField;
}

bool refuses_suite(const SSL_CIPHER* suite, const KeyExchangeRules& rules) {
  const int exchange = SSL_CIPHER_get_kx_nid(suite);
  return (exchange == NID_kx_dhe && rules.finite_field == policy::FiniteField::kOff) ||
         (exchange == NID_kx_rsa && rules.forward_secrecy);
}

// SSL_CTX_set_security_callback(3) says what `bits` and `other` are for each operation.
bool is_refused(int operation, int bits, const void* other, const KeyExchangeRules& rules) {
  const bool allows_2048 = rules.finite_field == policy::FiniteField::kFfdhe2048;
  switch (operation) {
    case SSL_SECOP_CURVE_SUPPORTED:
    case SSL_SECOP_CURVE_SHARED:
    case SSL_SECOP_CURVE_CHECK:
      return other != nullptr && is_finite_field(group_of(other)) &&
             !(allows_2048 && group_of(other) == kFfdhe2048);
    case SSL_SECOP_CIPHER_SUPPORTED:
    case SSL_SECOP_CIPHER_SHARED:
    case SSL_SECOP_CIPHER_CHECK:
      return other != nullptr && refuses_suite(static_cast<const SSL_CIPHER*>(other), rules);
    case SSL_SECOP_TMP_DH:
      return !allows_2048 || bits > kStrengthOf2048;
  }
  return false;
}

// What the library itself would say. It is one function for every context of the process.
SecurityCallback library_callback(SSL_CTX* context) {
  static const SecurityCallback found = SSL_CTX_get_security_callback(context);
  return found;
}

int judge(const SSL* ssl, const SSL_CTX* context, int operation, int bits, int nid, void* other,
          void* rules) {
  if (is_refused(operation, bits, other, *static_cast<const KeyExchangeRules*>(rules))) return 0;
  return library_callback(nullptr)(ssl, context, operation, bits, nid, other, nullptr);
}

// Every combination of rules, for as long as the process lives: the library keeps a pointer to one
// for each context and each session, and its copies share it.
const KeyExchangeRules& lasting(const KeyExchangeRules& rules) {
  using policy::FiniteField;
  static constexpr std::array<KeyExchangeRules, 4> all{{{FiniteField::kOff, false},
                                                        {FiniteField::kOff, true},
                                                        {FiniteField::kFfdhe2048, false},
                                                        {FiniteField::kFfdhe2048, true}}};
  const std::size_t group = rules.finite_field == FiniteField::kOff ? 0 : 2;
  return all.at(group + (rules.forward_secrecy ? 1 : 0));
}

// For TLS 1.2, where the receiving entity chooses the group.
bool use_ffdhe2048(SSL_CTX* context) {
  char name[] = "ffdhe2048";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0), OSSL_PARAM_END};
  const std::unique_ptr<EVP_PKEY_CTX, certs::Deleter<&EVP_PKEY_CTX_free>> maker(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  EVP_PKEY* made = nullptr;
  if (!maker || EVP_PKEY_paramgen_init(maker.get()) != 1 ||
      EVP_PKEY_CTX_set_params(maker.get(), parameters) != 1 ||
      EVP_PKEY_paramgen(maker.get(), &made) != 1)
    return false;
  certs::EvpPkeyPtr group(made);
  if (SSL_CTX_set0_tmp_dh_pkey(context, group.get()) != 1) return false;
  group.release();  // NOLINT(bugprone-unused-return-value): `context` owns it now
  return true;
}

}  // namespace

bool limit_key_exchange(SSL_CTX* context, const KeyExchangeRules& rules) {
  library_callback(context);
  SSL_CTX_set_security_callback(context, &judge);
  // The callback only reads; the library's parameter has no const.
  SSL_CTX_set0_security_ex_data(context, const_cast<KeyExchangeRules*>(&lasting(rules)));
  return rules.finite_field == policy::FiniteField::kOff || use_ffdhe2048(context);
}

bool demands_forward_secrecy(const SSL* ssl) {
  const auto* const rules = static_cast<const KeyExchangeRules*>(SSL_get0_security_ex_data(ssl));
  return rules != nullptr && rules->forward_secrecy;
}

bool has_forward_secrecy(const SSL_CIPHER* suite) {
  return suite == nullptr || SSL_CIPHER_get_kx_nid(suite) != NID_kx_rsa;
}

}  // namespace portcullis::tls
