#pragma once

#include <string>

namespace portcullis::policy {

// docs/reasons.md, written from the tables that the program itself uses. Markdown.
std::string reasons_page();

}  // namespace portcullis::policy
