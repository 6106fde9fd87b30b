#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

enum class StapleStatus : std::uint8_t {
  kGood,
  kRevoked,
  kUseless,  // absent, does not parse, of another certificate, badly signed, not current
};

// Whether the certificate demands a stapled OCSP response (RFC 7633). An extension that does not
// parse counts as a demand.
bool demands_staple(const X509* leaf);

// Judges a stapled OCSP response in DER (RFC 6960) about `leaf`. It must be signed by `issuer`, or
// by a responder with a certificate of `issuer` for that purpose, and not with SHA-1 or MD5. It
// must say until when it is good.
StapleStatus judge_staple(std::string_view response, X509* leaf, X509* issuer,
                          std::chrono::sys_seconds now);

}  // namespace portcullis::certs
