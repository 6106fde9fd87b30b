#include "certs/verify/checks/verify_fault.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include "certs/names/reference_name.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

// The chain ended before it reached an anchor. If the peer sent its leaf alone, or if the last
// certificate says where the one of its issuer can be had, the peer's chain file is incomplete.
// Otherwise we do not trust its CA.
Reason unanchored(const PresentedChain& chain, const X509* last) {
  const bool leaf_alone = chain.sent.empty();
  return leaf_alone || !issuer_url_text(last).empty() ? Reason::kMissingIntermediate
                                                      : Reason::kUntrustedIssuer;
}

std::string missing_detail(const PresentedChain& chain, const X509* last) {
  std::string detail = fmt::format("{} certificate(s) came", chain.sent.size() + 1);
  if (const std::string id = issuer_key_id_text(last); !id.empty()) detail += ", key id " + id;
  if (const std::string url = issuer_url_text(last); !url.empty()) {
    detail += ", it is at " + url;
  }
  return detail;
}

// OpenSSL names the certificate that was judged; the one to blame is the CA above it.
std::string constraining_authority_text(X509_STORE_CTX* failed, int error, int depth) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(failed);
  for (int i = depth + 1; i < sk_X509_num(chain); ++i) {
    const X509* authority = sk_X509_value(chain, i);
    if (X509_get_ext_by_NID(authority, NID_name_constraints, -1) < 0) continue;
    const std::string subject = subject_text(authority);
    return error == X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE
               ? subject + ", which constrains a kind of name that can not be judged here,"
               : subject;
  }
  return "above it";
}

std::string validity_date(Reason reason, int error, const X509* certificate) {
  if (reason != Reason::kExpired && reason != Reason::kNotYetValid &&
      reason != Reason::kChainExpired) {
    return "?";
  }
  const ASN1_TIME* field = error == X509_V_ERR_CERT_NOT_YET_VALID ? X509_get0_notBefore(certificate)
                                                                  : X509_get0_notAfter(certificate);
  const auto time = to_sys_seconds(field);
  return time ? minute_text(*time) : "?";
}

Reason reason_for_validity(int error, int depth) {
  if (depth > 0) return Reason::kChainExpired;
  return error == X509_V_ERR_CERT_NOT_YET_VALID ? Reason::kNotYetValid : Reason::kExpired;
}

}  // namespace

Reason reason_for(int openssl_error, int depth) {
  switch (openssl_error) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_OUT_OF_MEM:
    case X509_V_ERR_APPLICATION_VERIFICATION:
    case X509_V_ERR_INVALID_CALL:
    case X509_V_ERR_STORE_LOOKUP:
    case X509_V_ERR_DANE_NO_MATCH:  // DANE is never switched on
      return Reason::kInternalError;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return reason_for_validity(openssl_error, depth);
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
      return Reason::kCertMalformed;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return Reason::kSelfSigned;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
      return Reason::kUntrustedIssuer;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return Reason::kMissingIntermediate;
    case X509_V_ERR_INVALID_PURPOSE:
      return Reason::kWrongPurpose;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return Reason::kNameConstraint;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Reason::kNameMismatch;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
      return Reason::kWeakKey;
    case X509_V_ERR_CA_MD_TOO_WEAK:
    case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
      return Reason::kWeakSignature;
    case X509_V_ERR_CERT_REVOKED:
      return Reason::kRevoked;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
    case X509_V_ERR_OCSP_VERIFY_NEEDED:
    case X509_V_ERR_OCSP_VERIFY_FAILED:
    case X509_V_ERR_OCSP_CERT_UNKNOWN:
      return Reason::kRevocationUnknown;
    default:
      return Reason::kChainInvalid;
  }
}

std::string least_key_text(const VerifyPolicy& policy) {
  const policy::AllowedCurves& curves = policy.curves;
  std::vector<std::string> least{fmt::format("RSA-{}", policy.min_rsa_bits)};
  if (curves.p256 || curves.p384 || curves.p521) {
    least.emplace_back(curves.p256 ? "P-256" : curves.p384 ? "P-384" : "P-521");
  }
  if (curves.ed25519 || curves.ed448) least.emplace_back(curves.ed25519 ? "Ed25519" : "Ed448");
  std::string text = least.front();
  for (std::size_t i = 1; i < least.size(); ++i) {
    text += (i + 1 == least.size() ? " or " : ", ") + least[i];
  }
  return text;
}

CertificateFault make_fault(const VerifyRequest& request, Reason reason, const Finding& finding) {
  const X509* at = finding.certificate;
  const std::string subject = !finding.subject.empty() ? finding.subject
                              : at != nullptr          ? subject_text(at)
                                                       : "?";
  return {policy::refuse(reason, {{"detail", finding.detail},
                                  {"list", finding.list},
                                  {"min", least_key_text(request.policy)},
                                  {"domain", text(request.reference)},
                                  {"issuer", at != nullptr ? issuer_text(at) : "?"},
                                  {"subject", subject}}),
          finding.depth, 0};
}

CertificateFault internal_fault(const char* what) {
  return {policy::refuse(Reason::kInternalError, {{"detail", what}}), 0, 0};
}

CertificateFault describe_fault(X509_STORE_CTX* failed, const VerifyRequest& request,
                                const std::string& revocation) {
  const int error = X509_STORE_CTX_get_error(failed);
  const int depth = X509_STORE_CTX_get_error_depth(failed);
  const X509* at_fault = X509_STORE_CTX_get_current_cert(failed);
  if (at_fault == nullptr) at_fault = request.chain.leaf.get();

  Reason reason = reason_for(error, depth);
  std::string detail = X509_verify_cert_error_string(error);
  if (reason == Reason::kMissingIntermediate) {
    reason = unanchored(request.chain, at_fault);
    detail = missing_detail(request.chain, at_fault);
  } else if (reason == Reason::kRevoked && !revocation.empty()) {
    detail = revocation;
  }
  if (depth > 0 && reason != Reason::kMissingIntermediate) {
    detail += " (\"" + subject_text(at_fault) + "\")";
  }
  const std::string subject = reason == Reason::kNameConstraint
                                  ? constraining_authority_text(failed, error, depth)
                                  : subject_text(at_fault);
  return {policy::refuse(reason, {{"detail", detail},
                                  {"domain", text(request.reference)},
                                  {"min", least_key_text(request.policy)},
                                  {"date", validity_date(reason, error, at_fault)},
                                  {"issuer", issuer_text(at_fault)},
                                  {"subject", subject},
                                  {"list", purposes_text(at_fault)}}),
          depth, error};
}

}  // namespace portcullis::certs
