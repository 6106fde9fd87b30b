#include "certs/verify/checks/staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "certs/verify/types/presented_chain.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, Deleter<&OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, Deleter<&OCSP_BASICRESP_free>>;
using IdPtr = std::unique_ptr<OCSP_CERTID, Deleter<&OCSP_CERTID_free>>;
using TlsFeaturePtr = std::unique_ptr<TLS_FEATURE, Deleter<&TLS_FEATURE_free>>;

constexpr long kStatusRequest = 5;     // RFC 6066 section 8
constexpr long kStatusRequestV2 = 17;  // RFC 6961
constexpr int kMaxAnswers = 16;        // a stapled response is about one certificate
constexpr int kMaxCertificates = 4;    // of the responder, in the response
constexpr int kAuthLevel = 2;
constexpr std::chrono::minutes kClockSkew{5};

BasicPtr parse(std::string_view response) {
  if (response.empty() || response.size() > kStapleLimit) return nullptr;
  const auto* der = reinterpret_cast<const unsigned char*>(response.data());
  const unsigned char* const end = der + response.size();
  const ResponsePtr parsed(d2i_OCSP_RESPONSE(nullptr, &der, static_cast<long>(response.size())));
  if (!parsed || der != end ||
      OCSP_response_status(parsed.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return nullptr;
  }
  return BasicPtr(OCSP_response_get1_basic(parsed.get()));
}

bool has_strong_signature(const OCSP_BASICRESP* basic) {
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, OCSP_resp_get0_tbs_sigalg(basic));
  int digest = NID_undef;
  if (OBJ_find_sigid_algs(OBJ_obj2nid(algorithm), &digest, nullptr) != 1) return false;
  return digest != NID_sha1 && digest != NID_md5 && digest != NID_md5_sha1;
}

// OpenSSL demands that the signer is the issuer, or has a certificate with OCSPSigning from the
// issuer.
bool is_signed_for(OCSP_BASICRESP* basic, X509* issuer, std::chrono::sys_seconds now) {
  if (sk_X509_num(OCSP_resp_get0_certs(basic)) > kMaxCertificates) return false;
  const X509StorePtr store(X509_STORE_new());
  const BorrowedX509Stack signers(sk_X509_new_null());
  if (!store || !signers || X509_STORE_add_cert(store.get(), issuer) != 1 ||
      sk_X509_push(signers.get(), issuer) == 0) {
    return false;
  }
  // Every context that uses the store takes over the store's parameters.
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
  X509_VERIFY_PARAM_set_time(parameters, now.time_since_epoch().count());
  return has_strong_signature(basic) &&
         OCSP_basic_verify(basic, signers.get(), store.get(), 0) == 1;
}

bool is_about(const OCSP_SINGLERESP* answer, const X509* leaf, const X509* issuer) {
  const OCSP_CERTID* id = OCSP_SINGLERESP_get0_id(answer);
  ASN1_OBJECT* algorithm = nullptr;
  if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, const_cast<OCSP_CERTID*>(id)) != 1) {
    return false;
  }
  const EVP_MD* digest = EVP_get_digestbyobj(algorithm);
  if (digest == nullptr) return false;
  const IdPtr ours(OCSP_cert_to_id(digest, leaf, issuer));
  return ours && OCSP_id_cmp(ours.get(), id) == 0;
}

StapleStatus status_of(OCSP_SINGLERESP* answer, std::chrono::sys_seconds now) {
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
  const int status = OCSP_single_get0_status(answer, nullptr, nullptr, &from, &until);
  const auto begin = to_sys_seconds(from);
  const auto end = to_sys_seconds(until);
  if (!begin || !end || now + kClockSkew < *begin || now > *end) return StapleStatus::kUseless;
  if (status == V_OCSP_CERTSTATUS_REVOKED) return StapleStatus::kRevoked;
  return status == V_OCSP_CERTSTATUS_GOOD ? StapleStatus::kGood : StapleStatus::kUseless;
}

StapleStatus judge(OCSP_BASICRESP* basic, const X509* leaf, const X509* issuer,
                   std::chrono::sys_seconds now) {
  StapleStatus result = StapleStatus::kUseless;
  const int count = std::min(OCSP_resp_count(basic), kMaxAnswers);
  for (int i = 0; i < count; ++i) {
    OCSP_SINGLERESP* answer = OCSP_resp_get0(basic, i);
    if (!is_about(answer, leaf, issuer)) continue;
    const StapleStatus status = status_of(answer, now);
    if (status == StapleStatus::kRevoked) return status;
    if (status == StapleStatus::kGood) result = status;
  }
  return result;
}

}  // namespace

bool demands_staple(const X509* leaf) {
  int found = -1;
  const TlsFeaturePtr features(
      static_cast<TLS_FEATURE*>(X509_get_ext_d2i(leaf, NID_tlsfeature, &found, nullptr)));
  if (!features) return found != -1;
  for (int i = 0; i < sk_ASN1_INTEGER_num(features.get()); ++i) {
    const long feature = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i));
    if (feature == kStatusRequest || feature == kStatusRequestV2) return true;
  }
  return false;
}

StapleStatus judge_staple(std::string_view response, X509* leaf, X509* issuer,
                          std::chrono::sys_seconds now) {
  ERR_clear_error();
  StapleStatus status = StapleStatus::kUseless;
  const BasicPtr basic = parse(response);
  if (basic && is_signed_for(basic.get(), issuer, now)) {
    status = judge(basic.get(), leaf, issuer, now);
  }
  take_openssl_error();
  return status;
}

}  // namespace portcullis::certs
