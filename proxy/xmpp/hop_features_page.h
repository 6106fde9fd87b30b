#pragma once

#include <string>

namespace portcullis::xmpp {

// docs/hop-features.md, written from the table that the program itself uses. Markdown.
std::string hop_features_page();

}  // namespace portcullis::xmpp
