#pragma once

#include <string>

namespace portcullis::policy {

// A JSON Schema (draft 7) of portcullis.toml, for editors that know one for TOML. It checks each
// value for itself; what several values mean together only the program knows. A text with ${NAME}
// is right where a text may stand, or what is true or false.
std::string json_schema();

}  // namespace portcullis::policy
