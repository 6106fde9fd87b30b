#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis {

// How the other side of an established stream is known.
enum class Authentication : std::uint8_t {
  kExternal,           // its certificate is good, and each side took the other's by SASL EXTERNAL
  kDialbackCertified,  // its certificate is good, and it knows us by a key of server dialback
  kPinned,             // by a key that the policy pins
  kExcepted,           // something is wrong, and an exception waives it
  kObserved,           // not at all: observe mode let it through, under TLS
  kPlain,              // not at all, and without TLS: observe mode let it through
  kLogin,              // a client, which logs in at the backend
  kClientCertificate,  // the same, and its certificate is good
};

// The word in metrics and in `portcullis status`.
constexpr std::string_view name(Authentication how) {
  switch (how) {
    case Authentication::kExternal:
      return "external";
    case Authentication::kDialbackCertified:
      return "dialback_certified";
    case Authentication::kPinned:
      return "pinned";
    case Authentication::kExcepted:
      return "excepted";
    case Authentication::kObserved:
      return "observed";
    case Authentication::kPlain:
      return "plain";
    case Authentication::kLogin:
      return "login";
    case Authentication::kClientCertificate:
      return "client_certificate";
  }
  return "";
}

}  // namespace portcullis
