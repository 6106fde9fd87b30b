#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "proxy/base/tls_version.h"

namespace portcullis::telemetry {

// The closed sets of label values, in the order of the enumerations they stand for. Private to
// proxy/telemetry.
inline constexpr std::array<std::string_view, 2> kEntries{"starttls", "direct"};
inline constexpr std::array<std::string_view, 2> kPhases{"negotiating", "relaying"};
inline constexpr std::array<std::string_view, 5> kEnds{"peer", "backend", "idle", "drain", "error"};
// A handshake that fails early has no version yet.
inline constexpr std::array<std::string_view, 3> kVersions{
    name(TlsVersion::kUnknown), name(TlsVersion::kTls12), name(TlsVersion::kTls13)};
inline constexpr std::array<std::string_view, 4> kKeyTypes{"other", "ecdsa", "rsa", "eddsa"};
inline constexpr std::array<std::string_view, 2> kOutcomes{"failure", "success"};
inline constexpr std::array<std::string_view, 2> kDirections{"from_backend", "to_backend"};
inline constexpr std::array<std::string_view, 3> kLimits{"connections", "connections_per_address",
                                                         "descriptors"};

template <class T>
constexpr std::size_t index(T value) {
  return static_cast<std::size_t>(value);
}

// Unknown words count as the first one: label values stay a closed set whatever callers pass.
template <std::size_t kSize>
constexpr std::size_t index_of(const std::array<std::string_view, kSize>& words,
                               std::string_view word) {
  for (std::size_t i = 0; i < kSize; ++i)
    if (words[i] == word) return i;
  return 0;
}

}  // namespace portcullis::telemetry
