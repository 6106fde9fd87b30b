#include "certs/own/local_ca.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <string_view>
#include <unordered_map>
#include <utility>

#include "certs/own/ca_key.h"
#include "certs/own/credentials.h"
#include "certs/own/key_file.h"
#include "certs/own/leaf_store.h"
#include "certs/own/local_ca_files.h"
#include "certs/own/x509_builder.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/openssl_error.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {
namespace {

constexpr auto kCaLife = std::chrono::days(3652);
constexpr auto kBackdate = std::chrono::hours(1);  // the backend's clock may be behind ours

std::string_view content(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
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
  std::shared_ptr<LeafIssuer> issuer;
  std::shared_ptr<LeafStore> leaves;
  std::unordered_map<DomainName, std::optional<std::size_t>> served;  // and by which program

  bool may_certify(const DomainName& remote, const std::optional<DomainName>& toward) const {
    const auto ours = served.find(remote);
    if (ours == served.end()) return true;
    const auto shown_to = toward ? served.find(*toward) : served.end();
    return shown_to != served.end() && ours->second && shown_to->second &&
           ours->second != shown_to->second;
  }
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

Result<LocalCa> LocalCa::load(const std::string& directory, std::vector<ServedDomain> served,
                              std::chrono::sys_seconds now, const ServiceUser& us) {
  auto key = CaKey::load(directory, now, us);
  if (!key) return fail(std::move(key.error().message));
  X509* const certificate = (*key)->certificate();
  X509_up_ref(certificate);
  X509Ptr owned(certificate);
  auto leaves = LeafStore::make();
  if (!leaves) return tl::unexpected(leaves.error());
  return with(std::move(owned), std::move(*key), std::move(*leaves), std::move(served));
}

LocalCa LocalCa::with(X509Ptr certificate, std::shared_ptr<LeafIssuer> issuer,
                      std::shared_ptr<LeafStore> leaves, std::vector<ServedDomain> served) {
  auto impl = std::make_unique<Impl>();
  impl->certificate = std::move(certificate);
  impl->issuer = std::move(issuer);
  impl->leaves = std::move(leaves);
  for (auto& one : served) impl->served.insert_or_assign(std::move(one.domain), one.program);
  return LocalCa(std::move(impl));
}

LocalCa::LocalCa(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalCa::LocalCa(LocalCa&&) noexcept = default;
LocalCa& LocalCa::operator=(LocalCa&&) noexcept = default;
LocalCa::~LocalCa() = default;

Result<std::shared_ptr<const MintedLeaf>> LocalCa::mint(const DomainName& remote,
                                                        std::chrono::sys_seconds now,
                                                        const LeafUse& use) {
  if (!impl_->may_certify(remote, use.toward)) {
    return fail("the local CA does not certify " + remote.a_label() +
                ", because that domain is served here");
  }
  if (auto cached = kept(remote, now, use.purpose, use.toward)) return cached;

  auto leaf = impl_->issuer->issue(remote, impl_->leaves->key(), now);
  if (!leaf) return fail(std::move(leaf.error().message));
  const auto from = to_sys_seconds(X509_get0_notBefore(leaf->get()));
  const auto renew = now + (not_after(leaf->get()) - now) / 2;
  EVP_PKEY_up_ref(impl_->leaves->key());
  auto minted = std::make_shared<const MintedLeaf>(
      MintedLeaf{std::move(*leaf), EvpPkeyPtr(impl_->leaves->key())});
  return impl_->leaves->cache(use.purpose)
      .put(remote, use.source, std::move(minted), {from.value_or(now), renew}, now);
}

std::shared_ptr<const MintedLeaf> LocalCa::kept(const DomainName& remote,
                                                std::chrono::sys_seconds now, LeafPurpose purpose,
                                                const std::optional<DomainName>& toward) {
  // It may be there from a configuration that did not serve it.
  if (!impl_->may_certify(remote, toward)) return nullptr;
  return impl_->leaves->cache(purpose).find(remote, now);
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
