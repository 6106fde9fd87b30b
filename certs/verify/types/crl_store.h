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

// Revocation lists (RFC 5280 section 5) from files; nothing is ever fetched. May be shared by
// threads once it is filled.
class CrlStore {
 public:
  // Adds every X509 CRL block of a PEM text. Fails when there is none or when one does not parse,
  // and the store is then as it was before. `path` only names the text in the error.
  Result<void> add_pem(std::string_view pem, const std::string& path);
  static Result<CrlStore> from_pem(std::string_view pem, const std::string& path);
  static Result<CrlStore> from_pem_file(const std::string& path);

  // For X509_STORE_CTX_set0_crls, which borrows it and only reads it. Null when the store is empty.
  STACK_OF(X509_CRL) * stack() const { return stack_.get(); }

  // Until when a list is current (nextUpdate, RFC 5280 section 5.1.2.5).
  struct Currency {
    std::string path;
    std::string issuer;
    std::chrono::sys_seconds next_update;
  };
  // One for every list that has a nextUpdate.
  const std::vector<Currency>& currency() const { return currency_; }

 private:
  std::unique_ptr<STACK_OF(X509_CRL), CrlStackFree> stack_;
  std::vector<Currency> currency_;
};

}  // namespace portcullis::certs
