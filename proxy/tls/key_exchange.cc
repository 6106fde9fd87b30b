#include "proxy/tls/key_exchange.h"

#include <cstdint>

namespace portcullis::tls {
namespace {

using SecurityCallback = int (*)(const SSL*, const SSL_CTX*, int, int, int, void*, void*);

// RFC 7919 section 2: the codepoints 256 to 511 are groups over finite fields.
constexpr std::uint16_t kFirstFiniteField = 0x0100;
constexpr std::uint16_t kLastFiniteField = 0x01FF;

bool is_finite_field_group(const void* codepoint) {
  const auto* const octets = static_cast<const unsigned char*>(codepoint);
  const auto group = static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
  return group >= kFirstFiniteField && group <= kLastFiniteField;
}

// SSL_CTX_set_security_callback(3) says what `other` is for each operation.
bool is_finite_field(int operation, const void* other) {
  switch (operation) {
    case SSL_SECOP_CURVE_SUPPORTED:
    case SSL_SECOP_CURVE_SHARED:
    case SSL_SECOP_CURVE_CHECK:
      return other != nullptr && is_finite_field_group(other);
    case SSL_SECOP_CIPHER_SUPPORTED:
    case SSL_SECOP_CIPHER_SHARED:
    case SSL_SECOP_CIPHER_CHECK:
      return other != nullptr &&
             SSL_CIPHER_get_kx_nid(static_cast<const SSL_CIPHER*>(other)) == NID_kx_dhe;
    case SSL_SECOP_TMP_DH:
      return true;
  }
  return false;
}

// What the library itself would say. It is one function for every context of the process.
SecurityCallback library_callback(SSL_CTX* context) {
  static const SecurityCallback found = SSL_CTX_get_security_callback(context);
  return found;
}

int judge(const SSL* ssl, const SSL_CTX* context, int operation, int bits, int nid, void* other,
          void* argument) {
  if (is_finite_field(operation, other)) return 0;
  return library_callback(nullptr)(ssl, context, operation, bits, nid, other, argument);
}

}  // namespace

void refuse_finite_field(SSL_CTX* context) {
  library_callback(context);
  SSL_CTX_set_security_callback(context, &judge);
}

}  // namespace portcullis::tls
