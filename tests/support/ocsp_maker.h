#pragma once

#include <openssl/ocsp.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/test_pki.h"

// OCSP responses made in memory, good ones and bad ones.
namespace portcullis::test {

struct OcspSpec {
  int status = V_OCSP_CERTSTATUS_GOOD;
  std::chrono::sys_seconds from = kNow - std::chrono::hours(1);
  std::chrono::sys_seconds until = kNow + std::chrono::days(3);
  bool has_end = true;
  const EVP_MD* digest = EVP_sha256();
};

// DER. About `subject` as certified by `issuer`, signed by `signer`, whose certificate goes with it
// if it is not the issuer's.
inline std::string ocsp_response(const OcspSpec& spec, const Issued& subject, const Issued& issuer,
                                 const Issued& signer) {
  using certs::Deleter;
  using TimePtr = std::unique_ptr<ASN1_TIME, Deleter<&ASN1_TIME_free>>;
  const std::unique_ptr<OCSP_BASICRESP, Deleter<&OCSP_BASICRESP_free>> basic(OCSP_BASICRESP_new());
  const std::unique_ptr<OCSP_CERTID, Deleter<&OCSP_CERTID_free>> id(
      OCSP_cert_to_id(nullptr, subject.certificate.get(), issuer.certificate.get()));
  const TimePtr from(ASN1_TIME_set(nullptr, spec.from.time_since_epoch().count()));
  const TimePtr until(ASN1_TIME_set(nullptr, spec.until.time_since_epoch().count()));
  const bool is_revoked = spec.status == V_OCSP_CERTSTATUS_REVOKED;
  const bool is_issuer = signer.certificate == issuer.certificate;
  if (OCSP_basic_add1_status(basic.get(), id.get(), spec.status,
                             is_revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0,
                             is_revoked ? from.get() : nullptr, from.get(),
                             spec.has_end ? until.get() : nullptr) == nullptr ||
      OCSP_basic_sign(basic.get(), signer.certificate.get(), signer.key.get(), spec.digest, nullptr,
                      is_issuer ? OCSP_NOCERTS : 0) != 1) {
    throw std::runtime_error("test OCSP response");
  }
  const std::unique_ptr<OCSP_RESPONSE, Deleter<&OCSP_RESPONSE_free>> response(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &der);
  std::string made(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return made;
}

}  // namespace portcullis::test
