#include "certs/own/ca_key.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "certs/own/credentials.h"
#include "certs/own/key_file.h"
#include "certs/own/local_ca_files.h"
#include "certs/own/x509_builder.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/openssl_error.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {
namespace {

constexpr auto kLeafLife = std::chrono::days(7);
constexpr auto kBackdate = std::chrono::hours(1);  // the backend's clock may be behind ours

Result<void> check_ca(X509* certificate, EVP_PKEY* key, const CaPaths& paths,
                      std::chrono::sys_seconds now) {
  const bool fits = X509_check_private_key(certificate, key) == 1;
  take_openssl_error();
  if (!fits) return fail(paths.key + ": is not the key of " + paths.certificate);
  if (X509_check_ca(certificate) != 1) return fail(paths.certificate + ": is not a CA certificate");
  if (not_after(certificate) <= now) {
    return fail(paths.certificate + ": expired on " + minute_text(not_after(certificate)) +
                "; make a new CA with `portcullis ca init` and let the backend trust it");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<CaKey>> CaKey::load(const std::string& directory,
                                           std::chrono::sys_seconds now, const ServiceUser& us) {
  const CaPaths paths = ca_paths(directory);
  auto certificates = read_certificates(paths.certificate);
  if (!certificates) return fail(std::move(certificates.error().message));
  auto key = read_key_file(paths.key, us).and_then([&](std::string&& pem) {
    return parse_private_key(std::move(pem), paths.key);
  });
  if (!key) return fail(std::move(key.error().message));
  X509Ptr& certificate = certificates->front();
  if (auto usable = check_ca(certificate.get(), key->get(), paths, now); !usable)
    return fail(std::move(usable.error().message));
  return std::make_shared<CaKey>(std::move(certificate), std::move(*key));
}

Result<X509Ptr> CaKey::issue(const DomainName& remote, EVP_PKEY* leaf_key,
                             std::chrono::sys_seconds now) {
  const Validity validity{now - kBackdate,
                          std::min(now + kLeafLife, not_after(certificate_.get()))};
  if (validity.until <= now) return fail("the local CA has expired; make a new one");
  return build_leaf(remote, leaf_key, certificate_.get(), key_.get(), validity);
}

}  // namespace portcullis::certs
