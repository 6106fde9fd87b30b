#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portcullis::xmpp {

// RFC 4648 section 4.
std::string encode_base64(std::string_view bytes);
// Strict, as RFC 6120 section 6.4.2 asks: no white space, padded, no stray bits.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace portcullis::xmpp
