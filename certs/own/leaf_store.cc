#include "certs/own/leaf_store.h"

#include <utility>

#include "certs/own/x509_builder.h"

namespace portcullis::certs {

LeafStore::LeafStore(EvpPkeyPtr key)
    : key_(std::move(key)),
      caches_{LeafCache(LocalCa::cache_limit), LeafCache(LocalCa::cache_limit),
              LeafCache(LocalCa::cache_limit)} {}

Result<std::shared_ptr<LeafStore>> LeafStore::make() {
  auto key = generate_p256_key();
  if (!key) return fail(std::move(key.error().message));
  return std::shared_ptr<LeafStore>(new LeafStore(std::move(*key)));
}

}  // namespace portcullis::certs
