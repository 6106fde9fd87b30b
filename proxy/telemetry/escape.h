#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace portcullis::telemetry {

// Appends `text` in the form that it has between the quotes of a string, in JSON and in logfmt.
// Escaped are quotes, backslashes, control characters (C0, C1), and characters that reorder or
// break a line on a terminal (bidirectional overrides, line separators). An octet that is not valid
// UTF-8 becomes U+FFFD. At most `limit` octets of `text` are used, and no character is split; if
// something is left out, "..." follows.
void append_escaped(std::string& out, std::string_view text, std::size_t limit);

// The same for text that does not stand between quotes: these and backslashes stay as they are.
void append_unquoted(std::string& out, std::string_view text, std::size_t limit);

}  // namespace portcullis::telemetry
