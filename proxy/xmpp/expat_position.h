#pragma once

#include <expat.h>

#include <cstdint>
#include <optional>

namespace portcullis::xmpp {

// Where the event that expat is handing over ends, counted from the first octet; none when expat
// cannot tell. Since 2.9 other functions say so, and the old ones are deprecated.
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
