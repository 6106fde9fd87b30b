#include "certs/own/local_ca.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "certs/own/credentials.h"
#include "certs/own/key_file.h"
#include "certs/own/leaf_cache.h"
#include "certs/own/local_ca_files.h"
#include "certs/own/x509_builder.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/openssl_error.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {
namespace {

constexpr auto kCaLife = std::chrono::days(3652);
constexpr auto kLeafLife = std::chrono::days(7);
constexpr auto kBackdate = std::chrono::hours(1);  // the backend's clock may be behind ours

std::string_view content(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

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

std::string sha256_fingerprint(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return "?";
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    if (i != 0) text += ':';
    text += hex[digest[i] >> 4U];
    text += hex[digest[i] & 0x0FU];
  }
  return text;
}

}  // namespace

struct LocalCa::Impl {
  X509Ptr certificate;
  EvpPkeyPtr key;
  // One for all leaves. If each remote domain had a key of its own, peers could make us generate
  // keys.
  EvpPkeyPtr leaf_key;
  std::unordered_set<DomainName> served;
  LeafCache cache{cache_limit};
};

Result<void> LocalCa::create(const std::string& directory, std::chrono::sys_seconds now) {
  auto key = generate_p256_key();
  if (!key) return fail(std::move(key.error().message));
  auto certificate = build_ca("Portcullis local CA", key->get(), {now - kBackdate, now + kCaLife});
  if (!certificate) return fail(std::move(certificate.error().message));

  const BioPtr certificate_pem(BIO_new(BIO_s_mem()));
  const BioPtr key_pem(BIO_new(BIO_s_secmem()));
  if (!certificate_pem || !key_pem ||
      PEM_write_bio_X509(certificate_pem.get(), certificate->get()) != 1 ||
      PEM_write_bio_PrivateKey(key_pem.get(), key->get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return fail("the CA cannot be written: " + take_openssl_error().text);
  }
  return write_ca_files(directory, content(certificate_pem), content(key_pem));
}

Result<LocalCa> LocalCa::load(const std::string& directory, std::vector<DomainName> served,
                              std::chrono::sys_seconds now) {
  const CaPaths paths = ca_paths(directory);
  auto certificates = read_certificates(paths.certificate);
  if (!certificates) return fail(std::move(certificates.error().message));
  auto key = read_key_file(paths.key).and_then(
      [&](std::string&& pem) { return parse_private_key(std::move(pem), paths.key); });
  if (!key) return fail(std::move(key.error().message));
  X509Ptr& certificate = certificates->front();
  if (auto usable = check_ca(certificate.get(), key->get(), paths, now); !usable) {
    return fail(std::move(usable.error().message));
  }
  auto leaf_key = generate_p256_key();
  if (!leaf_key) return fail(std::move(leaf_key.error().message));

  auto impl = std::make_unique<Impl>();
  impl->certificate = std::move(certificate);
  impl->key = std::move(*key);
  impl->leaf_key = std::move(*leaf_key);
  impl->served.insert(std::make_move_iterator(served.begin()),
                      std::make_move_iterator(served.end()));
  return LocalCa(std::move(impl));
}

LocalCa::LocalCa(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalCa::LocalCa(LocalCa&&) noexcept = default;
LocalCa& LocalCa::operator=(LocalCa&&) noexcept = default;
LocalCa::~LocalCa() = default;

Result<std::shared_ptr<const MintedLeaf>> LocalCa::mint(const DomainName& remote,
                                                        std::chrono::sys_seconds now) {
  if (impl_->served.contains(remote)) {
    return fail("the local CA does not certify " + remote.text() +
                ", because that domain is served here");
  }
  if (auto cached = impl_->cache.find(remote, now)) return cached;

  const Validity validity{now - kBackdate,
                          std::min(now + kLeafLife, not_after(impl_->certificate.get()))};
  if (validity.until <= now) return fail("the local CA has expired; make a new one");
  auto leaf = build_leaf(remote, impl_->leaf_key.get(), impl_->certificate.get(), impl_->key.get(),
                         validity);
  if (!leaf) return fail(std::move(leaf.error().message));
  EVP_PKEY_up_ref(impl_->leaf_key.get());
  auto minted = std::make_shared<const MintedLeaf>(
      MintedLeaf{std::move(*leaf), EvpPkeyPtr(impl_->leaf_key.get())});
  const auto renew = now + (validity.until - now) / 2;
  return impl_->cache.put(remote, std::move(minted), validity.from, renew, now);
}

X509* LocalCa::certificate() const {
  return impl_->certificate.get();
}

std::string LocalCa::description() const {
  const X509* ca = impl_->certificate.get();
  const auto from = to_sys_seconds(X509_get0_notBefore(ca));
  return "subject: " + subject_text(ca) + "\nvalid from: " + (from ? minute_text(*from) : "?") +
         "\nvalid until: " + minute_text(not_after(ca)) + "\nSHA-256: " + sha256_fingerprint(ca) +
         "\n";
}

}  // namespace portcullis::certs
