#include "certs/verify/checks/revocation.h"

#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string_view>

#include "certs/verify/checks/staple.h"
#include "certs/verify/checks/verify_fault.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"

namespace portcullis::certs {
namespace {

using EnumeratedPtr = std::unique_ptr<ASN1_ENUMERATED, Deleter<&ASN1_ENUMERATED_free>>;

bool is_at_anchor(X509_STORE_CTX* context) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context);
  return X509_STORE_CTX_get_error_depth(context) == sk_X509_num(chain) - 1;
}

bool says_nothing(int error) {
  return error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_HAS_EXPIRED ||
         error == X509_V_ERR_CRL_NOT_YET_VALID || error == X509_V_ERR_DIFFERENT_CRL_SCOPE;
}

// RFC 5280 section 5.3.1.
std::string_view reason_text(int code) {
  constexpr std::array<std::string_view, 11> kReasons{
      "",           "keyCompromise",        "cACompromise",    "affiliationChanged",
      "superseded", "cessationOfOperation", "certificateHold", "",
      "",           "privilegeWithdrawn",   "aACompromise"};
  const auto index = static_cast<std::size_t>(code);
  return code >= 0 && index < kReasons.size() ? kReasons.at(index) : std::string_view();
}

}  // namespace

RevocationWatch::RevocationWatch(X509_STORE_CTX* context, const VerifyPolicy& policy)
    : mode_(policy.revocation) {
  if (mode_ == policy::Revocation::kOff) return;
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context),
                              X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  if (policy.crls != nullptr) X509_STORE_CTX_set0_crls(context, policy.crls->stack());
}

bool RevocationWatch::passes_over(X509_STORE_CTX* context, int error) const {
  // Trusting an anchor is the operator's decision; it needs no list.
  return says_nothing(error) && (mode_ == policy::Revocation::kCrlSoft || is_at_anchor(context));
}

void RevocationWatch::note_entry(X509_STORE_CTX* context) {
  X509_CRL* crl = X509_STORE_CTX_get0_current_crl(context);
  X509* certificate = X509_STORE_CTX_get_current_cert(context);
  X509_REVOKED* entry = nullptr;
  if (crl == nullptr || certificate == nullptr ||
      X509_CRL_get0_by_cert(crl, &entry, certificate) != 1) {
    return;
  }
  revoked_at_ = to_sys_seconds(X509_REVOKED_get0_revocationDate(entry));
  const EnumeratedPtr reason(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  if (reason) revocation_reason_ = static_cast<int>(ASN1_ENUMERATED_get(reason.get()));
}

std::string RevocationWatch::finding() const {
  if (!revoked_at_) return {};
  std::string text = "since " + minute_text(*revoked_at_);
  if (const std::string_view reason = reason_text(revocation_reason_); !reason.empty()) {
    text += " (" + std::string(reason) + ")";
  }
  return text;
}

// A path of one certificate is a leaf that the operator trusts as an anchor: no issuer could say
// anything about it.
std::optional<CertificateFault> check_must_staple(const VerifyRequest& request,
                                                  const VerifiedPath& path) {
  const PresentedChain& chain = request.chain;
  X509* leaf = chain.leaf.get();
  if (!request.policy.honour_must_staple || !chain.staple_asked || path.size() < 2 ||
      !demands_staple(leaf)) {
    return std::nullopt;
  }
  switch (judge_staple(chain.staple, leaf, path[1].get(), request.now)) {
    case StapleStatus::kGood:
      return std::nullopt;
    case StapleStatus::kRevoked:
      return make_fault(request, policy::Reason::kRevoked,
                        {"says the OCSP response that your server sent", leaf, 0});
    case StapleStatus::kUseless:
      break;
  }
  if (request.policy.waivers.revocation_unknown) return std::nullopt;
  return make_fault(
      request, policy::Reason::kRevocationUnknown,
      {"it demands a stapled OCSP response and your server sent no good one", leaf, 0});
}

}  // namespace portcullis::certs
