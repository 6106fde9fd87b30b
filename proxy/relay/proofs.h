#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace portcullis::relay {

// What shows us who the peer of a stream between servers is.
enum class PeerAuth : std::uint8_t {
  kNone,         // nothing: observe mode lets it through
  kCertificate,  // its chain and its name
  kPin,          // its key, which a rule names
  kException,    // its certificate, of which an exception waives something
};
constexpr std::string_view name(PeerAuth auth) {
  switch (auth) {
    case PeerAuth::kNone:
      return "none";
    case PeerAuth::kCertificate:
      return "certificate";
    case PeerAuth::kPin:
      return "pin";
    case PeerAuth::kException:
      return "exception";
  }
  return "";
}

// By what the two ends of an established stream know each other.
struct Proofs {
  bool by_key = false;                          // the peer knows us by a key of dialback
  std::optional<PeerAuth> peer = std::nullopt;  // nullopt: the other end is a client or a backend
};

}  // namespace portcullis::relay
