#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

struct CrlStackFree {
  void operator()(STACK_OF(X509_CRL) * stack) const { sk_X509_CRL_pop_free(stack, X509_CRL_free); }
};

// Revocation lists from files; nothing is ever fetched. Immutable once filled.
class CrlStore {
 public:
  // The same lists and those of another text; after a failure nothing is changed.
  Result<void> add_pem(std::string_view pem, const std::string& path);
  // Every X509 CRL block of a PEM text. Fails when there is none or one does not parse; `path` is
  // for the error only.
  static Result<CrlStore> from_pem(std::string_view pem, const std::string& path);
  static Result<CrlStore> from_pem_file(const std::string& path);

  // For X509_STORE_CTX_set0_crls, which borrows it and only reads.
  STACK_OF(X509_CRL) * stack() const { return stack_.get(); }

  // A list that says nothing any more after `next_update` (RFC 5280 section 5.1.2.5).
  struct Currency {
    std::string path;
    std::string issuer;
    std::chrono::sys_seconds next_update;
  };
  // Of every list that names its successor's date.
  const std::vector<Currency>& currency() const { return currency_; }

 private:
  std::unique_ptr<STACK_OF(X509_CRL), CrlStackFree> stack_;
  std::vector<Currency> currency_;
};

}  // namespace portcullis::certs
