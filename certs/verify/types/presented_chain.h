#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "certs/x509/openssl_ptr.h"

namespace portcullis::certs {

// The longest stapled response that is looked at, in octets. Real ones have 0.3 to 3 KiB.
inline constexpr std::size_t kStapleLimit = std::size_t{64} * 1024;

// What a peer showed in its handshake.
struct PresentedChain {
  X509Ptr leaf;               // null: no certificate was shown
  std::vector<X509Ptr> sent;  // the rest, in the peer's order
  // Whether the peer was asked for a stapled OCSP response (RFC 6066 section 8). Only a receiving
  // peer can be.
  bool staple_asked = false;
  std::string staple = {};  // in DER as it came, not yet verified; empty: none
};

}  // namespace portcullis::certs
