#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portcullis::xmpp {

// Base64 as in RFC 4648 section 4, with padding and in one line.
std::string encode_base64(std::string_view bytes);
// Decodes strictly, as RFC 6120 section 6.4.2 demands: white space, missing padding, or unused bits
// that are not zero make it nullopt.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace portcullis::xmpp
