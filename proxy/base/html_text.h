#pragma once

#include <string>
#include <string_view>

namespace portcullis {

// Text that stands between tags or in a quoted attribute of HTML as nothing but text. Control
// characters, which HTML does not have, become '?'.
std::string html_text(std::string_view text);

}  // namespace portcullis
