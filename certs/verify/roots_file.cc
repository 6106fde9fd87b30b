#include "certs/verify/roots_file.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <system_error>

#include "certs/verify/checks/key_strength.h"
#include "certs/verify/types/verify_policy.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/openssl_error.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {
namespace {

bool is_signed_with_md5(X509* certificate) {
  int digest = NID_undef;
  return (X509_get_extension_flags(certificate) & EXFLAG_SS) == 0 &&
         X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) == 1 &&
         (digest == NID_md5 || digest == NID_md5_sha1);
}

// Empty when the certificate can be an anchor.
std::string objection(X509* certificate, std::chrono::sys_seconds now) {
  const auto end = to_sys_seconds(X509_get0_notAfter(certificate));
  if (!end) return "has an end that is no time";
  if (*end < now) return "expired on " + minute_text(*end);
  if (X509_check_ca(certificate) == 0) {
    return "is not a CA; to trust one certificate by itself, put its key into `pins` of a rule";
  }
  if (const std::string weakness = key_weakness(certificate, VerifyPolicy()); !weakness.empty()) {
    return "is too weak: " + weakness;
  }
  if (is_signed_with_md5(certificate)) return "is signed with MD5";
  return {};
}

}  // namespace

Result<Roots> load_roots(const std::string& path, std::chrono::sys_seconds now) {
  auto certificates = read_certificates(path);
  if (!certificates) return fail(std::move(certificates.error().message));
  Roots roots;
  std::vector<X509Ptr> kept;
  for (X509Ptr& certificate : *certificates) {
    const std::string reason = objection(certificate.get(), now);
    take_openssl_error();
    if (reason.empty()) {
      kept.push_back(std::move(certificate));
    } else {
      roots.left_out.push_back("\"" + subject_text(certificate.get()) + "\" is not loaded: it " +
                               reason);
    }
  }
  if (kept.empty()) {
    return fail(path + ": holds no certificate that can be a trust anchor; " +
                roots.left_out.front());
  }
  auto anchors = TrustAnchors::from_certificates(std::move(kept), path);
  if (!anchors) return fail(std::move(anchors.error().message));
  roots.anchors = std::move(*anchors);
  return roots;
}

std::vector<std::string> system_roots_files() {
  // OpenSSL's compiled-in name comes second: on Debian it is a link that ca-certificates does not
  // make.
  return {"/etc/ssl/certs/ca-certificates.crt", X509_get_default_cert_file()};
}

Result<Roots> load_system_roots(std::chrono::sys_seconds now,
                                const std::vector<std::string>& files) {
  std::string tried;
  for (const std::string& file : files) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return load_roots(file, now);
    tried += (tried.empty() ? "" : ", ") + file;
  }
  return fail("this machine has no file of public certificate authorities (looked for " + tried +
              "); install ca-certificates");
}

}  // namespace portcullis::certs
