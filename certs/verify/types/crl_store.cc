#include "certs/verify/types/crl_store.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/openssl_error.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {
namespace {

using BioPtr = std::unique_ptr<BIO, Deleter<&BIO_free_all>>;

// OpenSSL's own callback would ask on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

bool at_end_of_pem() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

using CrlPtr = std::unique_ptr<X509_CRL, Deleter<&X509_CRL_free>>;

Result<std::vector<CrlPtr>> parse(std::string_view pem, const std::string& path) {
  ERR_clear_error();
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return fail(path + ": out of memory while loading revocation lists");
  std::vector<CrlPtr> lists;
  while (CrlPtr list{PEM_read_bio_X509_CRL(bio.get(), nullptr, &no_passphrase, nullptr)}) {
    lists.push_back(std::move(list));
  }
  const bool complete = at_end_of_pem();
  const OpensslError error = take_openssl_error();
  if (!complete) {
    return fail(path + ": revocation list " + std::to_string(lists.size() + 1) +
                " does not parse (" + error.text + ")");
  }
  if (lists.empty()) {
    return fail(path + ": holds no revocation list; give a file with BEGIN X509 CRL blocks");
  }
  return lists;
}

}  // namespace

Result<void> CrlStore::add_pem(std::string_view pem, const std::string& path) {
  auto lists = parse(pem, path);
  if (!lists) return fail(std::move(lists.error().message));
  if (!stack_) stack_.reset(sk_X509_CRL_new_null());
  const int wanted = static_cast<int>(lists->size());
  if (!stack_ || sk_X509_CRL_reserve(stack_.get(), wanted) != 1) {
    return fail(path + ": out of memory while loading revocation lists");
  }
  for (CrlPtr& list : *lists) {
    if (const auto next = to_sys_seconds(X509_CRL_get0_nextUpdate(list.get()))) {
      currency_.push_back({path, name_text(X509_CRL_get_issuer(list.get())), *next});
    }
    sk_X509_CRL_push(stack_.get(), list.release());  // there is room: it cannot fail
  }
  return {};
}

Result<CrlStore> CrlStore::from_pem(std::string_view pem, const std::string& path) {
  CrlStore store;
  if (auto added = store.add_pem(pem, path); !added) return fail(std::move(added.error().message));
  return store;
}

Result<CrlStore> CrlStore::from_pem_file(const std::string& path) {
  return read_file(path).and_then([&](const std::string& pem) { return from_pem(pem, path); });
}

}  // namespace portcullis::certs
