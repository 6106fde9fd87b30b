#include "certs/crl_store.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/openssl_error.h"
#include "certs/pem_file.h"

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

}  // namespace

Result<CrlStore> CrlStore::from_pem(std::string_view pem, const std::string& path) {
  ERR_clear_error();
  CrlStore store;
  store.stack_.reset(sk_X509_CRL_new_null());
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!store.stack_ || !bio) return fail(path + ": out of memory while loading revocation lists");
  while (X509_CRL* crl = PEM_read_bio_X509_CRL(bio.get(), nullptr, &no_passphrase, nullptr)) {
    if (sk_X509_CRL_push(store.stack_.get(), crl) == 0) {
      X509_CRL_free(crl);
      return fail(path + ": out of memory while loading revocation lists");
    }
  }
  const bool complete = at_end_of_pem();
  const int count = sk_X509_CRL_num(store.stack_.get());
  const OpensslError error = take_openssl_error();
  if (!complete) {
    return fail(path + ": revocation list " + std::to_string(count + 1) + " does not parse (" +
                error.text + ")");
  }
  if (count == 0) {
    return fail(path + ": holds no revocation list; give a file with BEGIN X509 CRL blocks");
  }
  return store;
}

Result<CrlStore> CrlStore::from_pem_file(const std::string& path) {
  return read_file(path).and_then([&](const std::string& pem) { return from_pem(pem, path); });
}

}  // namespace portcullis::certs
