#pragma once

#include <expat.h>

#include <cstdint>
#include <optional>

namespace portcullis::xmpp {

// Where the event that expat is reporting ends, in octets from the start of the document; nullopt
// if expat cannot tell. Version 2.9 has new functions for this, and the old ones are deprecated.
inline std::optional<std::uint64_t> end_of_event(XML_Parser parser) {
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
  const auto begin = XML_GetCurrentByteIndex64(parser);
  const auto length = XML_GetCurrentByteCount64(parser);
#else
  const auto begin = XML_GetCurrentByteIndex(parser);
  const auto length = XML_GetCurrentByteCount(parser);
#endif
  if (begin < 0) return std::nullopt;
  return static_cast<std::uint64_t>(begin) + static_cast<std::uint64_t>(length);
}

}  // namespace portcullis::xmpp
