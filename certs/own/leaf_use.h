#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "proxy/base/domain_name.h"

namespace portcullis::certs {

// What a minted leaf is for. Leaves of different purposes never take each other's room.
enum class LeafPurpose : std::uint8_t {
  kInbound,   // a peer whose certificate for the domain was verified
  kOutbound,  // a domain that the backend wants to reach
  kRefused    // one that the backend may not reach: it is refused in words, under TLS
};
inline constexpr std::size_t kLeafPurposes = 3;

// For whom a leaf is minted. `source` is who made us do it, in whatever words: within one purpose,
// room is shared fairly between sources.
struct LeafUse {
  LeafPurpose purpose = LeafPurpose::kInbound;
  std::string source;
  // The domain of ours to whose backend it is shown. Only a leaf in the name of another domain of
  // ours needs it.
  std::optional<DomainName> toward = std::nullopt;
};

}  // namespace portcullis::certs
