#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis::report {

// With which kinds of keys a server answers another one, as far as a probe has proved it.
enum class KeyKinds : std::uint8_t {
  kUnproved,  // an address was not reached, or it did not say for certain
  kBoth,      // at one address at least
  kOnlyRsa,   // at every address: with an RSA key, and not at all when ECDSA was asked for
  kOnlyEcdsa
};

struct ProbeResult {
  std::string domain;  // A-labels
  KeyKinds kinds = KeyKinds::kUnproved;
};

// No more octets are read of one file: a probe of 16 addresses writes less than half of it.
inline constexpr std::size_t kMostProbeText = std::size_t{1024} * 1024;

// Reads what `portcullis probe --json` has written, one object. The text may come from anybody:
// what probe would not write is an error, which says what is wrong. A name may stand in an object
// once.
Result<ProbeResult> read_probe(std::string_view text);

}  // namespace portcullis::report
