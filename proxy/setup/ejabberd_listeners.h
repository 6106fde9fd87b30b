#pragma once

#include <string>

#include "proxy/setup/line_edits.h"
#include "proxy/setup/yaml_tree.h"

namespace portcullis::setup {

// Has ejabberd listen where the gate calls it: the first listener for clients and the first for
// servers get the port, the address and the other settings that the guide has for them, and keep
// what else they say; further ones of these two kinds go. The others stay as they are. `listen` is
// the value of that key in the text of `edits`. Returns why that cannot be done, as half a
// sentence;
// "": it is done.
std::string change_listeners(const YamlNode& listen, LineEdits& edits);

}  // namespace portcullis::setup
