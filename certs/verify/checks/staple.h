#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

enum class StapleStatus : std::uint8_t {
  kGood,
  kRevoked,
  kUseless,  // absent, garbage, of another certificate, wrongly signed, not current
};

// Whether the certificate demands a staple (RFC 7633). A demand that cannot be read is one.
bool demands_staple(const X509* leaf);

// Judges a stapled OCSP response in DER (RFC 6960) about `leaf`, signed by `issuer` or by a
// responder it has certified. It must say until when it holds, and neither SHA-1 nor MD5 is taken.
StapleStatus judge_staple(std::string_view response, X509* leaf, X509* issuer,
                          std::chrono::sys_seconds now);

}  // namespace portcullis::certs
