#include "certs/x509/openssl_error.h"

#include <openssl/err.h>

#include <array>

namespace portcullis::certs {

OpensslError take_openssl_error() {
  unsigned long first = 0;
  unsigned long first_tls = 0;
  while (const unsigned long code = ERR_get_error()) {
    if (first == 0) first = code;
    if (first_tls == 0 && ERR_GET_LIB(code) == ERR_LIB_SSL) first_tls = code;
  }
  const unsigned long code = first_tls != 0 ? first_tls : first;
  if (code == 0) return {0, 0, "no detail recorded"};
  OpensslError error{ERR_GET_LIB(code), ERR_GET_REASON(code), {}};
  if (const char* reason = ERR_reason_error_string(code)) {
    error.text = reason;
  } else {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    error.text = text.data();
  }
  return error;
}

}  // namespace portcullis::certs
