#include "certs/verify/checks/error_filter.h"

#include "certs/verify/checks/verify_fault.h"

namespace portcullis::certs {
namespace {

bool is_waived(const Waivers& waivers, int error, int depth) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return depth == 0 ? waivers.expired : waivers.chain_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return depth == 0 ? waivers.not_yet_valid : waivers.chain_expired;
    case X509_V_ERR_INVALID_PURPOSE:
      return waivers.wrong_purpose;
    // check_floors judges keys again: it knows which ones are too weak even for an exception.
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return waivers.weak_key;
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return waivers.weak_signature;
    default:
      return waivers.revocation_unknown &&
             reason_for(error, depth) == policy::Reason::kRevocationUnknown;
  }
}

}  // namespace

ErrorFilter::ErrorFilter(X509_STORE_CTX* context, const VerifyPolicy& policy)
    : waivers_(policy.waivers), revocation_(context, policy) {
  X509_STORE_CTX_set_app_data(context, this);
  X509_STORE_CTX_set_verify_cb(context, &ErrorFilter::on_verified);
}

// Called from C: nothing in it throws.
int ErrorFilter::on_verified(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  auto* filter = static_cast<ErrorFilter*>(X509_STORE_CTX_get_app_data(context));
  const int error = X509_STORE_CTX_get_error(context);
  if (error == X509_V_ERR_CERT_REVOKED) filter->revocation_.note_entry(context);
  const int depth = X509_STORE_CTX_get_error_depth(context);
  if (!is_waived(filter->waivers_, error, depth) &&
      !filter->revocation_.passes_over(context, error)) {
    return 0;
  }
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

}  // namespace portcullis::certs
