#include "tests/support/test_pki.h"

#include <openssl/bio.h>
#include <openssl/dsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace portcullis::test {
namespace {

using certs::BioPtr;
using certs::Deleter;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<&X509_EXTENSION_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<&GENERAL_NAMES_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Deleter<&ASN1_TIME_free>>;
using EnumeratedPtr = std::unique_ptr<ASN1_ENUMERATED, Deleter<&ASN1_ENUMERATED_free>>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<&EVP_PKEY_CTX_free>>;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

certs::EvpPkeyPtr make_dsa() {
  const ContextPtr context(EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, nullptr));
  EVP_PKEY* parameters = nullptr;
  require(EVP_PKEY_paramgen_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_dsa_paramgen_bits(context.get(), 2048) == 1 &&
              EVP_PKEY_paramgen(context.get(), &parameters) == 1,
          "DSA parameters");
  const certs::EvpPkeyPtr owned(parameters);
  const ContextPtr generator(EVP_PKEY_CTX_new(parameters, nullptr));
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_keygen_init(generator.get()) == 1 && EVP_PKEY_keygen(generator.get(), &key) == 1,
          "DSA key");
  return certs::EvpPkeyPtr(key);
}

// Slow keys: each made on first use. The function-local statics are the cache.
certs::EvpPkeyPtr slow_key(TestKey type) {
  switch (type) {
    case TestKey::kRsa768: {
      static const certs::EvpPkeyPtr key(EVP_RSA_gen(768));
      return copy(key);
    }
    case TestKey::kRsa1024: {
      static const certs::EvpPkeyPtr key(EVP_RSA_gen(1024));
      return copy(key);
    }
    case TestKey::kRsa2044: {
      static const certs::EvpPkeyPtr key(EVP_RSA_gen(2044));
      return copy(key);
    }
    case TestKey::kRsa2048: {
      static const certs::EvpPkeyPtr key(EVP_RSA_gen(2048));
      return copy(key);
    }
    default: {
      static const certs::EvpPkeyPtr key = make_dsa();
      return copy(key);
    }
  }
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

GENERAL_NAME* dns_entry(const std::string& name) {
  GENERAL_NAME* entry = GENERAL_NAME_new();
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  ASN1_STRING_set(value, name.data(), static_cast<int>(name.size()));
  GENERAL_NAME_set0_value(entry, GEN_DNS, value);
  return entry;
}

GENERAL_NAME* other_entry(const OtherName& name) {
  GENERAL_NAME* entry = GENERAL_NAME_new();
  ASN1_TYPE* value = ASN1_TYPE_new();
  if (name.type == V_ASN1_NULL) {
    ASN1_TYPE_set(value, V_ASN1_NULL, nullptr);
  } else {
    ASN1_STRING* text = ASN1_STRING_type_new(name.type);
    ASN1_STRING_set(text, name.octets.data(), static_cast<int>(name.octets.size()));
    ASN1_TYPE_set(value, name.type, text);
  }
  GENERAL_NAME_set0_othername(entry, OBJ_nid2obj(name.kind), value);
  return entry;
}

GENERAL_NAME* address_entry(const std::string& address) {
  GENERAL_NAME* entry = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(entry, GEN_IPADD, a2i_IPADDRESS(address.c_str()));
  return entry;
}

void add_raw_extension(X509* certificate, int nid, const std::string& der) {
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>(der.data()),
                        static_cast<int>(der.size()));
  const ExtensionPtr extension(X509_EXTENSION_create_by_NID(nullptr, nid, 0, value));
  ASN1_OCTET_STRING_free(value);
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "raw extension");
}

void add_names(X509* certificate, const CertificateSpec& spec) {
  if (!spec.raw_subject_alt_name.empty()) {
    add_raw_extension(certificate, NID_subject_alt_name, spec.raw_subject_alt_name);
  }
  const NamesPtr names(GENERAL_NAMES_new());
  for (const std::string& name : spec.dns_names) {
    sk_GENERAL_NAME_push(names.get(), dns_entry(name));
  }
  for (const OtherName& name : spec.other_names) {
    sk_GENERAL_NAME_push(names.get(), other_entry(name));
  }
  for (const std::string& address : spec.addresses) {
    sk_GENERAL_NAME_push(names.get(), address_entry(address));
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  require(
      X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1,
      "subjectAltName");
}

void add_extensions(X509* certificate, X509* issuer, const CertificateSpec& spec) {
  add_extension(certificate, issuer, NID_basic_constraints, spec.basic_constraints);
  add_extension(certificate, issuer, NID_key_usage, spec.key_usage);
  add_extension(certificate, issuer, NID_ext_key_usage, spec.purposes);
  add_extension(certificate, issuer, NID_name_constraints, spec.name_constraints);
  if (!spec.issuer_url.empty()) {
    add_extension(certificate, issuer, NID_info_access, "caIssuers;URI:" + spec.issuer_url);
  }
  add_extension(certificate, issuer, NID_tlsfeature, spec.features);
  for (const auto& [nid, der] : spec.raw_extensions) add_raw_extension(certificate, nid, der);
  add_names(certificate, spec);
  if (!spec.key_ids) return;
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

void set_common_name(X509* certificate, const std::string& name) {
  require(
      X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<int>(name.size()), -1, 0) == 1,
      "common name");
}

// `issuer` null: self-signed.
Issued make(const CertificateSpec& spec, certs::EvpPkeyPtr key, const Issued* issuer) {
  static std::atomic<long> serial{1};
  Issued made{certs::X509Ptr(X509_new()), std::move(key)};
  X509* certificate = made.certificate.get();
  X509* issuer_certificate = issuer != nullptr ? issuer->certificate.get() : certificate;
  EVP_PKEY* signer = issuer != nullptr ? issuer->key.get() : made.key.get();
  set_common_name(certificate, spec.common_name);
  require(X509_set_version(certificate, spec.version) == 1 &&
              ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++) == 1 &&
              X509_set_issuer_name(certificate, X509_get_subject_name(issuer_certificate)) == 1 &&
              X509_set_pubkey(certificate, made.key.get()) == 1,
          "fields");
  ASN1_TIME_set(X509_getm_notBefore(certificate), spec.from.time_since_epoch().count());
  ASN1_TIME_set(X509_getm_notAfter(certificate), spec.until.time_since_epoch().count());
  if (spec.version == 2) add_extensions(certificate, issuer_certificate, spec);
  const bool digestless = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519;
  const EVP_MD* digest = digestless ? nullptr : EVP_get_digestbyname(spec.digest.c_str());
  require(X509_sign(certificate, signer, digest) > 0, "signature");
  return made;
}

std::string content(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

certs::EvpPkeyPtr make_key(TestKey type) {
  switch (type) {
    case TestKey::kP256:
      return certs::EvpPkeyPtr(EVP_EC_gen("P-256"));
    case TestKey::kP384:
      return certs::EvpPkeyPtr(EVP_EC_gen("P-384"));
    case TestKey::kSecp256k1:
      return certs::EvpPkeyPtr(EVP_EC_gen("secp256k1"));
    case TestKey::kEd25519:
      return certs::EvpPkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    default:
      return slow_key(type);
  }
}

CertificateSpec authority_spec(const std::string& common_name) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.basic_constraints = "critical,CA:TRUE";
  spec.key_usage = "critical,keyCertSign,cRLSign";
  spec.purposes = "";
  spec.from = kNow - std::chrono::days(1000);
  spec.until = kNow + std::chrono::days(1000);
  return spec;
}

CertificateSpec leaf_spec(const std::string& domain) {
  CertificateSpec spec;
  spec.common_name = domain.substr(0, 64);
  spec.dns_names = {domain};
  spec.purposes = "serverAuth,clientAuth";
  return spec;
}

Issued issue_self_signed(const CertificateSpec& spec) {
  return make(spec, make_key(spec.key), nullptr);
}

Issued issue(const CertificateSpec& spec, const Issued& issuer) {
  return make(spec, make_key(spec.key), &issuer);
}

Issued cross_sign(const CertificateSpec& spec, const Issued& subject, const Issued& issuer) {
  return make(spec, copy(subject.key), &issuer);
}

OtherName srv_id(const std::string& name) {
  return {NID_SRVName, V_ASN1_IA5STRING, name};
}

OtherName xmpp_addr(const std::string& address) {
  return {NID_XmppAddr, V_ASN1_UTF8STRING, address};
}

std::string crl_pem(const CrlSpec& spec, const Issued& issuer) {
  const certs::X509CrlPtr crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.certificate.get()));
  const TimePtr from(ASN1_TIME_set(nullptr, spec.from.time_since_epoch().count()));
  const TimePtr until(ASN1_TIME_set(nullptr, spec.until.time_since_epoch().count()));
  X509_CRL_set1_lastUpdate(crl.get(), from.get());
  X509_CRL_set1_nextUpdate(crl.get(), until.get());
  const auto revoked_at = spec.from - std::chrono::days(1);
  for (const X509* certificate : spec.revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    const TimePtr when(ASN1_TIME_set(nullptr, revoked_at.time_since_epoch().count()));
    const EnumeratedPtr reason(ASN1_ENUMERATED_new());
    ASN1_ENUMERATED_set(reason.get(), CRL_REASON_KEY_COMPROMISE);
    X509_REVOKED_set_serialNumber(entry,
                                  const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(certificate)));
    X509_REVOKED_set_revocationDate(entry, when.get());
    X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason.get(), 0, 0);
    require(X509_CRL_add0_revoked(crl.get(), entry) == 1, "revoked entry");
  }
  require(X509_CRL_sign(crl.get(), issuer.key.get(), EVP_sha256()) > 0, "CRL signature");
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509_CRL(bio.get(), crl.get()) == 1, "CRL PEM");
  return content(bio);
}

std::string_view outcome(const certs::VerifyResult& verdict) {
  return verdict ? "accepted" : policy::id(verdict.error().refusal.reason);
}

certs::X509Ptr copy(const certs::X509Ptr& certificate) {
  return certs::share(certificate.get());
}

certs::EvpPkeyPtr copy(const certs::EvpPkeyPtr& key) {
  require(key != nullptr, "key");
  EVP_PKEY_up_ref(key.get());
  return certs::EvpPkeyPtr(key.get());
}

std::string pem(const X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
  return content(bio);
}

std::string pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "key PEM");
  return content(bio);
}

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "portcullis-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr, "temporary directory");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, std::string_view content) const {
  std::string file = (std::filesystem::path(path_) / name).string();
  std::ofstream(file, std::ios::binary) << content;
  using std::filesystem::perms;
  std::filesystem::permissions(file, perms::owner_read | perms::owner_write);
  return file;
}

certs::TrustAnchors anchors_of(const std::vector<const X509*>& certificates) {
  const TempDir directory;
  std::string text;
  for (const X509* certificate : certificates) text += pem(certificate);
  auto anchors = certs::TrustAnchors::from_pem_file(directory.write("roots.pem", text));
  require(anchors.has_value(), "trust anchors");
  return std::move(*anchors);
}

TestPki::TestPki()
    : root_(issue_self_signed(authority_spec("Test Root"))),
      intermediate_([this] {
        CertificateSpec spec = authority_spec("Test Intermediate");
        spec.purposes = "serverAuth";  // what public CAs issue now
        return issue(spec, root_);
      }()),
      anchors_(anchors_of({root_.certificate.get()})) {}

certs::PresentedChain TestPki::present(const Issued& leaf) const {
  certs::PresentedChain chain;
  chain.leaf = copy(leaf.certificate);
  chain.sent.push_back(copy(intermediate_.certificate));
  return chain;
}

certs::KeyPair TestPki::key_pair(const Issued& leaf) const {
  certs::KeyPair pair;
  const int type = EVP_PKEY_get_base_id(leaf.key.get());
  pair.type = type == EVP_PKEY_RSA  ? KeyType::kRsa
              : type == EVP_PKEY_EC ? KeyType::kEcdsa
                                    : KeyType::kEddsa;
  pair.leaf = copy(leaf.certificate);
  pair.chain.push_back(copy(intermediate_.certificate));
  pair.key = copy(leaf.key);
  return pair;
}

}  // namespace portcullis::test
