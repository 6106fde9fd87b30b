#include "certs/own/x509_builder.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <memory>

#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

using BignumPtr = std::unique_ptr<BIGNUM, Deleter<&BN_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<&X509_EXTENSION_free>>;

constexpr long kVersion3 = 2;
constexpr int kSerialBits = 128;
constexpr std::size_t kMaxCommonName = 64;  // X.520 ub-common-name; a domain name may be longer

bool set_random_serial(X509* certificate) {
  const BignumPtr serial(BN_new());
  // The top bit is set, so that the serial can be neither zero nor short.
  return serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_validity(X509* certificate, const Validity& validity) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate),
                       validity.from.time_since_epoch().count()) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate),
                       validity.until.time_since_epoch().count()) != nullptr;
}

bool set_common_name(X509* certificate, const std::string& name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                    MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

Result<X509Ptr> signed_or_error(X509Ptr certificate, bool complete, EVP_PKEY* signer) {
  if (complete && X509_sign(certificate.get(), signer, EVP_sha256()) > 0) return certificate;
  return fail("a certificate cannot be made: " + take_openssl_error().text);
}

}  // namespace

Result<EvpPkeyPtr> generate_p256_key() {
  ERR_clear_error();
  EvpPkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail("a key cannot be generated: " + take_openssl_error().text);
  return key;
}

Result<X509Ptr> build_ca(const std::string& common_name, EVP_PKEY* key, const Validity& validity) {
  ERR_clear_error();
  X509Ptr ca(X509_new());
  const bool complete =
      ca && X509_set_version(ca.get(), kVersion3) == 1 && set_random_serial(ca.get()) &&
      set_validity(ca.get(), validity) && set_common_name(ca.get(), common_name) &&
      X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())) == 1 &&
      X509_set_pubkey(ca.get(), key) == 1 &&
      add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") &&
      add_extension(ca.get(), ca.get(), NID_authority_key_identifier, "keyid:always");
  return signed_or_error(std::move(ca), complete, key);
}

Result<X509Ptr> build_leaf(const DomainName& domain, EVP_PKEY* leaf_key, X509* ca, EVP_PKEY* ca_key,
                           const Validity& validity) {
  ERR_clear_error();
  X509Ptr leaf(X509_new());
  const bool named = domain.a_label().size() <= kMaxCommonName;
  // RFC 5280 4.1.2.6: an empty subject makes subjectAltName critical. A DomainName cannot hold
  // the characters that OpenSSL's extension syntax would read as more than a name.
  const std::string san = (named ? "DNS:" : "critical,DNS:") + domain.a_label();
  const bool complete = leaf && X509_set_version(leaf.get(), kVersion3) == 1 &&
                        set_random_serial(leaf.get()) && set_validity(leaf.get(), validity) &&
                        (!named || set_common_name(leaf.get(), domain.a_label())) &&
                        X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca)) == 1 &&
                        X509_set_pubkey(leaf.get(), leaf_key) == 1 &&
                        add_extension(leaf.get(), ca, NID_basic_constraints, "critical,CA:FALSE") &&
                        add_extension(leaf.get(), ca, NID_key_usage, "critical,digitalSignature") &&
                        add_extension(leaf.get(), ca, NID_ext_key_usage, "serverAuth,clientAuth") &&
                        add_extension(leaf.get(), ca, NID_subject_alt_name, san.c_str()) &&
                        add_extension(leaf.get(), ca, NID_subject_key_identifier, "hash") &&
                        add_extension(leaf.get(), ca, NID_authority_key_identifier, "keyid:always");
  return signed_or_error(std::move(leaf), complete, ca_key);
}

Result<X509Ptr> build_self_signed(const std::vector<DomainName>& names, EVP_PKEY* key,
                                  const Validity& validity) {
  if (names.empty()) return fail("a certificate without a name cannot be made");
  ERR_clear_error();
  X509Ptr leaf(X509_new());
  const auto& first = names.front().a_label();
  const bool named = first.size() <= kMaxCommonName;
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "DNS:" : ",DNS:") + name.a_label();
  if (!named) all = "critical," + all;
  const bool complete =
      leaf && X509_set_version(leaf.get(), kVersion3) == 1 && set_random_serial(leaf.get()) &&
      set_validity(leaf.get(), validity) && (!named || set_common_name(leaf.get(), first)) &&
      X509_set_issuer_name(leaf.get(), X509_get_subject_name(leaf.get())) == 1 &&
      X509_set_pubkey(leaf.get(), key) == 1 &&
      add_extension(leaf.get(), leaf.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(leaf.get(), leaf.get(), NID_key_usage,
                    "critical,digitalSignature,keyEncipherment") &&
      add_extension(leaf.get(), leaf.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(leaf.get(), leaf.get(), NID_subject_alt_name, all.c_str()) &&
      add_extension(leaf.get(), leaf.get(), NID_subject_key_identifier, "hash");
  return signed_or_error(std::move(leaf), complete, key);
}

Result<X509Ptr> build_nameless(EVP_PKEY* key) {
  using namespace std::chrono_literals;
  // Nobody verifies it. The end is the last one before the form of dates changes, which some
  // libraries cannot read (RFC 5280 section 4.1.2.5).
  constexpr Validity kUnlimited{std::chrono::sys_days(2020y / 1 / 1),
                                std::chrono::sys_days(2049y / 12 / 31)};
  ERR_clear_error();
  X509Ptr leaf(X509_new());
  const bool complete =
      leaf && X509_set_version(leaf.get(), kVersion3) == 1 && set_random_serial(leaf.get()) &&
      set_validity(leaf.get(), kUnlimited) && set_common_name(leaf.get(), "unauthenticated") &&
      X509_set_issuer_name(leaf.get(), X509_get_subject_name(leaf.get())) == 1 &&
      X509_set_pubkey(leaf.get(), key) == 1 &&
      add_extension(leaf.get(), leaf.get(), NID_basic_constraints, "critical,CA:FALSE");
  return signed_or_error(std::move(leaf), complete, key);
}

}  // namespace portcullis::certs
