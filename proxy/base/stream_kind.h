#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace portcullis {

// Which of the three bridges a stream belongs to; also the value of the `kind` label and field.
enum class StreamKind : std::uint8_t { kS2sInbound, kS2sOutbound, kC2s };

inline constexpr std::array kStreamKinds{StreamKind::kS2sInbound, StreamKind::kS2sOutbound,
                                         StreamKind::kC2s};

constexpr std::string_view name(StreamKind kind) {
  switch (kind) {
    case StreamKind::kS2sInbound:
      return "s2s_in";
    case StreamKind::kS2sOutbound:
      return "s2s_out";
    case StreamKind::kC2s:
      return "c2s";
  }
  return "";
}

// Whether a stream of this kind goes to a peer: then the backend opened it. The others come from a
// peer and go to the backend.
constexpr bool calls_peer(StreamKind kind) {
  switch (kind) {
    case StreamKind::kS2sOutbound:
      return true;
    case StreamKind::kS2sInbound:
    case StreamKind::kC2s:
      return false;
  }
  return false;
}

// How TLS starts on a connection: RFC 6120 section 5, or XEP-0368.
enum class TlsEntry : std::uint8_t { kStartTls, kDirectTls };

constexpr std::string_view name(TlsEntry entry) {
  switch (entry) {
    case TlsEntry::kStartTls:
      return "starttls";
    case TlsEntry::kDirectTls:
      return "direct";
  }
  return "";
}

// Toward the Internet, or toward the operator's own server.
enum class Side : std::uint8_t { kWan, kBackend };

constexpr Side other(Side side) {
  return side == Side::kWan ? Side::kBackend : Side::kWan;
}

}  // namespace portcullis
