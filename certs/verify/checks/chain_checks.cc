#include "certs/verify/checks/chain_checks.h"

#include <openssl/objects.h>

#include <string>

#include "certs/verify/checks/key_strength.h"
#include "certs/verify/checks/verify_fault.h"
#include "certs/x509/certificate_text.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

constexpr long kVersion3 = 2;  // RFC 5280 4.1.2.1 counts from 0

// An anchor's own signature and form are not judged: trusting it is the operator's decision.
std::optional<CertificateFault> check_non_anchor(const VerifyRequest& request, X509* certificate,
                                                 int depth) {
  if (X509_get_version(certificate) != kVersion3) {
    return make_fault(
        request, Reason::kChainInvalid,
        {"\"" + subject_text(certificate) + "\" is not an X.509 version 3 certificate", certificate,
         depth});
  }
  if (!is_allowed_signature(certificate, request.policy)) {
    return make_fault(request, Reason::kWeakSignature,
                      {OBJ_nid2ln(X509_get_signature_nid(certificate)), certificate, depth});
  }
  return std::nullopt;
}

}  // namespace

std::optional<CertificateFault> check_key_floor(const VerifyRequest& request,
                                                const X509* certificate, int depth) {
  const std::string weakness = key_weakness(certificate, request.policy);
  if (weakness.empty()) return std::nullopt;
  return make_fault(request, Reason::kWeakKey, {weakness, certificate, depth});
}

std::optional<CertificateFault> check_floors(const VerifyRequest& request,
                                             const VerifiedPath& path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    X509* certificate = path[i].get();
    const int depth = static_cast<int>(i);
    if (auto found = check_key_floor(request, certificate, depth)) return found;
    if (i + 1 == path.size()) break;
    if (auto found = check_non_anchor(request, certificate, depth)) return found;
  }
  return std::nullopt;
}

}  // namespace portcullis::certs
