#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis {

// The TLS version of a connection, as negotiated or as demanded. The values are those on the wire
// (RFC 8446 section 4.2.1) and of OpenSSL's functions; a later version compares as greater.
enum class TlsVersion : std::uint16_t {
  kUnknown = 0,  // no handshake was completed, or SSLv3, or a version that we do not know
  kTls10 = 0x0301,
  kTls11 = 0x0302,
  kTls12 = 0x0303,
  kTls13 = 0x0304,
};

// The version for a number on the wire. Any number is allowed.
constexpr TlsVersion tls_version_of(int wire) {
  switch (wire) {
    case 0x0301:
      return TlsVersion::kTls10;
    case 0x0302:
      return TlsVersion::kTls11;
    case 0x0303:
      return TlsVersion::kTls12;
    case 0x0304:
      return TlsVersion::kTls13;
    default:
      return TlsVersion::kUnknown;
  }
}

// The word in log lines and metrics.
constexpr std::string_view name(TlsVersion version) {
  switch (version) {
    case TlsVersion::kUnknown:
      return "none";
    case TlsVersion::kTls10:
      return "TLSv1.0";
    case TlsVersion::kTls11:
      return "TLSv1.1";
    case TlsVersion::kTls12:
      return "TLSv1.2";
    case TlsVersion::kTls13:
      return "TLSv1.3";
  }
  return "";
}

// The words in a sentence.
constexpr std::string_view words(TlsVersion version) {
  switch (version) {
    case TlsVersion::kUnknown:
      return "an unknown TLS version";
    case TlsVersion::kTls10:
      return "TLS 1.0";
    case TlsVersion::kTls11:
      return "TLS 1.1";
    case TlsVersion::kTls12:
      return "TLS 1.2";
    case TlsVersion::kTls13:
      return "TLS 1.3";
  }
  return "";
}

}  // namespace portcullis
