#include "certs/own/backend_pair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "certs/own/credentials.h"
#include "certs/own/x509_builder.h"
#include "certs/x509/openssl_error.h"
#include "certs/x509/openssl_ptr.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {
namespace {

constexpr auto kLife = std::chrono::days(3652);
constexpr auto kBackdate = std::chrono::hours(1);  // the server's clock may be behind ours
constexpr auto kRest = std::chrono::days(183);
constexpr unsigned kRsaBits = 2048;

std::string text_of(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<EvpPkeyPtr> new_key(BackendKeyType type) {
  if (type == BackendKeyType::kEcdsa) return generate_p256_key();
  ERR_clear_error();
  EvpPkeyPtr key(EVP_RSA_gen(kRsaBits));
  if (!key) return fail("a key cannot be generated: " + take_openssl_error().text);
  return key;
}

Result<std::string> key_text(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail("a key cannot be written: " + take_openssl_error().text);
  return text_of(bio);
}

}  // namespace

std::string pem_of(const X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  return text_of(bio);
}

Result<BackendPair> make_backend_pair(const std::vector<DomainName>& names, const std::string& key,
                                      BackendKeyType type, std::chrono::sys_seconds now) {
  auto own = key.empty() ? new_key(type) : parse_private_key(key, "the key of your server");
  if (!own) return tl::unexpected(own.error());
  const auto certificate = build_self_signed(names, own->get(), {now - kBackdate, now + kLife});
  if (!certificate) return tl::unexpected(certificate.error());
  auto text = key_text(own->get());
  if (!text) return tl::unexpected(text.error());
  return BackendPair{pem_of(certificate->get()), std::move(*text)};
}

bool serves(const BackendPair& pair, const std::vector<DomainName>& names,
            std::chrono::sys_seconds now) {
  const auto certificates = parse_certificates(pair.certificate, "certificate");
  if (!certificates) return false;
  const auto key = parse_private_key(pair.key, "key");
  if (!key) return false;
  X509* const leaf = certificates->front().get();
  return X509_check_private_key(leaf, key->get()) == 1 && not_after(leaf) > now + kRest &&
         std::all_of(names.begin(), names.end(),
                     [&](const DomainName& name) { return names_domain(leaf, name); });
}

}  // namespace portcullis::certs
