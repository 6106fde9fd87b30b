#pragma once

#include <string>

namespace portcullis::policy {

// The reference pages, written from the tables that the program itself uses. Markdown.
std::string configuration_page();  // docs/configuration.md
std::string reasons_page();        // docs/reasons.md

}  // namespace portcullis::policy
