#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace portcullis::telemetry {

// Appends `text` as the inside of a quoted string that is both JSON and logfmt: quotes,
// backslashes, control characters (C0, C1) and characters that reorder or break a terminal's line
// (bidirectional overrides, line separators) are escaped; octets that are no UTF-8 become U+FFFD.
// At most `limit` octets of `text` are taken, whole characters only; "..." tells the cut.
void append_escaped(std::string& out, std::string_view text, std::size_t limit);

}  // namespace portcullis::telemetry
