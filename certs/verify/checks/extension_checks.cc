#include "certs/verify/checks/extension_checks.h"

#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "certs/verify/checks/verify_fault.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

using policy::Reason;
using ConstraintsPtr = std::unique_ptr<NAME_CONSTRAINTS, Deleter<&NAME_CONSTRAINTS_free>>;
using AuthorityInfoPtr =
    std::unique_ptr<AUTHORITY_INFO_ACCESS, Deleter<&AUTHORITY_INFO_ACCESS_free>>;

// What is wrong; empty when nothing is. OpenSSL's accessors need a mutable certificate because they
// parse its extensions on first use.
std::string leaf_defect(X509* leaf) {
  if ((X509_get_extension_flags(leaf) & EXFLAG_CA) != 0) {
    return "a CA certificate is used as a server's own";
  }
  const bool has_usage = (X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) != 0;
  if (has_usage && (X509_get_key_usage(leaf) & KU_KEY_CERT_SIGN) != 0) {
    return "a server's own certificate has the key usage keyCertSign";
  }
  if (X509_get_ext_by_NID(leaf, NID_name_constraints, -1) >= 0) {
    return "name constraints in a certificate that is no CA's";
  }
  return {};
}

std::string defect(const X509* certificate) {
  int found = -1;
  const ConstraintsPtr constraints(static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(certificate, NID_name_constraints, &found, nullptr)));
  if (found != -1 && !constraints) return "its name constraints do not parse";
  if (constraints && sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) <= 0 &&
      sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees) <= 0) {
    return "its name constraints are empty";
  }
  found = -1;
  const AuthorityInfoPtr access(static_cast<AUTHORITY_INFO_ACCESS*>(
      X509_get_ext_d2i(certificate, NID_info_access, &found, nullptr)));
  if (found != -1 && !access) return "its authority information access does not parse";
  return {};
}

}  // namespace

std::optional<CertificateFault> check_extensions(const VerifyRequest& request,
                                                 const VerifiedPath& path) {
  X509* leaf = path.front().get();
  if (const std::string found = leaf_defect(leaf); !found.empty()) {
    return make_fault(request, Reason::kChainInvalid, {found, leaf, 0});
  }
  for (std::size_t i = 0; i < path.size(); ++i) {
    const X509* certificate = path[i].get();
    const std::string found = defect(certificate);
    take_openssl_error();
    if (found.empty()) continue;
    return make_fault(
        request, Reason::kChainInvalid,
        {found + " (\"" + subject_text(certificate) + "\")", certificate, static_cast<int>(i)});
  }
  return std::nullopt;
}

}  // namespace portcullis::certs
