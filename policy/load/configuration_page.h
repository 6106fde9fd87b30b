#pragma once

#include <string>

namespace portcullis::policy {

// docs/configuration.md, written from the tables that the program itself reads with. Markdown.
std::string configuration_page();

}  // namespace portcullis::policy
