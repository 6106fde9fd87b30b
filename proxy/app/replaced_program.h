#pragma once

#include <string>
#include <string_view>

namespace portcullis::app {

// The program or a library that this process runs, and that an upgrade has replaced on disk since;
// "": there is none. `maps` is the text of /proc/self/maps.
std::string replaced_file(std::string_view maps);
std::string replaced_file();  // of this process

}  // namespace portcullis::app
