#pragma once

#include <string>

namespace portcullis::app {

// docs/commands.md, of which portcullis(1) is made, too.
std::string commands_page();

}  // namespace portcullis::app
