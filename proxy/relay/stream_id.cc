#include "proxy/relay/stream_id.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>

namespace portcullis::relay {

std::string random_stream_id() {
  std::array<unsigned char, 16> bytes{};
  // A predictable id is worse than no service. OpenSSL fails here only if there is no entropy
  // source.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
  constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  id.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    id.push_back(kHex[byte >> 4]);
    id.push_back(kHex[byte & 15]);
  }
  return id;
}

}  // namespace portcullis::relay
