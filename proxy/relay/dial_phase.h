#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis::relay {

// How far the way to the far end led before it failed.
enum class DialPhase : std::uint8_t {
  kLookUp,   // its addresses
  kConnect,  // TCP
  kTls,      // the handshake
  kStream    // what is said on the stream, before and after TLS, and who the other end is
};

constexpr std::string_view name(DialPhase phase) {
  switch (phase) {
    case DialPhase::kLookUp:
      return "look_up";
    case DialPhase::kConnect:
      return "connect";
    case DialPhase::kTls:
      return "tls";
    case DialPhase::kStream:
      return "stream";
  }
  return "";
}

// How far one leg has got.
struct DialProgress {
  DialPhase phase = DialPhase::kStream;
  // The other end has shown that it speaks XMPP: by a stream header, or by the protocol that it
  // chose in the handshake of direct TLS.
  bool spoke_xmpp = false;
};

}  // namespace portcullis::relay
