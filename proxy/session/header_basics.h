#pragma once

#include <string_view>

#include "proxy/base/stream_kind.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::session {

inline std::string_view content_namespace(StreamKind kind) {
  return kind == StreamKind::kC2s ? xmpp::ns::kClient : xmpp::ns::kServer;
}

// Our header before anything else is known.
inline xmpp::StreamHeader bare_header(StreamKind kind) {
  xmpp::StreamHeader header;
  header.content_ns = content_namespace(kind);
  header.version = "1.0";
  return header;
}

// RFC 6120 section 4.7.5: numbers, not decimals; streams older than 1.0 carry no version.
inline bool speaks_xmpp_1(const xmpp::StreamHeader& header) {
  constexpr std::string_view kDigits = "0123456789";
  if (!header.version) return false;
  const std::string_view version = *header.version;
  const auto dot = version.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == version.size()) return false;
  if (version.find_first_not_of(kDigits, dot + 1) != std::string_view::npos) return false;
  const auto major = version.substr(0, dot);
  return major.find_first_not_of(kDigits) == std::string_view::npos &&
         major.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace portcullis::session
