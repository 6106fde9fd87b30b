#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "certs/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

struct CrlStackFree {
  void operator()(STACK_OF(X509_CRL) * stack) const { sk_X509_CRL_pop_free(stack, X509_CRL_free); }
};

// Revocation lists from files; nothing is ever fetched. Immutable.
class CrlStore {
 public:
  // Every X509 CRL block of a PEM text. Fails when there is none or one does not parse; `path` is
  // for the error only.
  static Result<CrlStore> from_pem(std::string_view pem, const std::string& path);
  static Result<CrlStore> from_pem_file(const std::string& path);

  // For X509_STORE_CTX_set0_crls, which borrows it and only reads.
  STACK_OF(X509_CRL) * stack() const { return stack_.get(); }

 private:
  std::unique_ptr<STACK_OF(X509_CRL), CrlStackFree> stack_;
};

}  // namespace portcullis::certs
