#pragma once

#include <string>

namespace portcullis::policy {

// deploy/portcullis.toml, written from the tables that the loader itself uses: every key once, with
// its default behind a "#" or with a value that a first installation needs.
std::string example_file();

}  // namespace portcullis::policy
