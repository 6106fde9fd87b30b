#pragma once

#include <array>
#include <memory>

#include "certs/own/leaf_cache.h"
#include "certs/own/leaf_use.h"
#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// The leaves that were minted by one CA certificate, and the key of all of them. Thread-safe.
//
// It outlives a LocalCa: a reload hands it to the next one where the CA's certificate is the same.
// Else a reload would forget every domain, and all of them would have to be minted again at once.
class LeafStore {
 public:
  static Result<std::shared_ptr<LeafStore>> make();

  // One for all leaves. If each remote domain had a key of its own, peers could make us generate
  // keys.
  EVP_PKEY* key() const { return key_.get(); }
  LeafCache& cache(LeafPurpose purpose) { return caches_[static_cast<std::size_t>(purpose)]; }

 private:
  explicit LeafStore(EvpPkeyPtr key);

  EvpPkeyPtr key_;
  std::array<LeafCache, kLeafPurposes> caches_;
};

}  // namespace portcullis::certs
