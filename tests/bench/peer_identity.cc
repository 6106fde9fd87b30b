#include "tests/bench/peer_identity.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace portcullis::bench {
namespace {

constexpr long kVersion3 = 2;
constexpr long kHour = 3600;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

File open_file(const std::string& path) {
  File file(std::fopen(path.c_str(), "r"));
  if (!file) throw std::runtime_error(path + " cannot be read");
  return file;
}

void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error("no certificate can be made: " + what);
}

std::shared_ptr<X509> own(X509* certificate) {
  return {certificate, X509_free};
}

void add_extension(X509* leaf, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, leaf, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
  must(extension && X509_add_ext(leaf, extension.get(), -1) == 1, value);
}

void number(X509* leaf) {
  std::uint64_t serial = 0;
  must(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial number");
  must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(leaf), serial >> 1U) == 1, "serial number");
}

}  // namespace

void Identity::use_in(SSL* ssl) const {
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> behind(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  must(behind != nullptr, "out of memory");
  for (const auto& one : chain) must(sk_X509_push(behind.get(), one.get()) > 0, "out of memory");
  must(SSL_use_cert_and_key(ssl, leaf.get(), key.get(), behind.get(), 1) == 1, "it is not usable");
}

Identity read_identity(const std::string& chain_file, const std::string& key_file) {
  Identity identity;
  const File chain = open_file(chain_file);
  while (X509* one = PEM_read_X509(chain.get(), nullptr, nullptr, nullptr)) {
    if (!identity.leaf)
      identity.leaf = own(one);
    else
      identity.chain.push_back(own(one));
  }
  const File key = open_file(key_file);
  identity.key = {PEM_read_PrivateKey(key.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  if (!identity.leaf || !identity.key)
    throw std::runtime_error(chain_file + " and its key do not parse");
  return identity;
}

PeerAuthority::PeerAuthority(const std::string& folder)
    : authority_(read_identity(folder + "/ca.pem", folder + "/ca.key")),
      leaf_key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
  must(leaf_key_ != nullptr, "key");
}

Identity PeerAuthority::issue(const std::string& domain) const {
  X509* const issuer = authority_.leaf.get();
  auto made = own(X509_new());
  X509* const leaf = made.get();
  must(leaf != nullptr && X509_set_version(leaf, kVersion3) == 1, "version");
  number(leaf);
  must(X509_gmtime_adj(X509_getm_notBefore(leaf), -kHour) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(leaf), 24 * kHour) != nullptr,
       "validity");
  const auto* const name = reinterpret_cast<const unsigned char*>(domain.c_str());
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "CN", MBSTRING_ASC, name, -1, -1,
                                  0) == 1 &&
           X509_set_issuer_name(leaf, X509_get_subject_name(issuer)) == 1 &&
           X509_set_pubkey(leaf, leaf_key_.get()) == 1,
       "names");
  add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(leaf, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(leaf, issuer, NID_subject_key_identifier, "hash");
  add_extension(leaf, issuer, NID_authority_key_identifier, "keyid");
  add_extension(leaf, issuer, NID_subject_alt_name, "DNS:" + domain);
  must(X509_sign(leaf, authority_.key.get(), EVP_sha256()) > 0, "signature");
  Identity identity{std::move(made), leaf_key_, {authority_.leaf}};
  return identity;
}

}  // namespace portcullis::bench
