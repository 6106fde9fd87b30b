#include "certs/verify/types/crl_store.h"

#include <utility>

#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/pem_file.h"

namespace portcullis::certs {
Result<void> CrlStore::add_pem(std::string_view pem, const std::string& path) {
  auto lists = parse_revocation_lists(pem, path);
  if (!lists) return fail(std::move(lists.error().message));
  if (!stack_) stack_.reset(sk_X509_CRL_new_null());
  const int wanted = static_cast<int>(lists->size());
  if (!stack_ || sk_X509_CRL_reserve(stack_.get(), wanted) != 1) {
    return fail(path + ": out of memory while loading revocation lists");
  }
  for (X509CrlPtr& list : *lists) {
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
