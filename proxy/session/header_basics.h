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

}  // namespace portcullis::session
