#pragma once

#include <string>

namespace portcullis::docs {

// The sources of our manual pages, for scdoc(1).
std::string program_manual();        // portcullis(1)
std::string configuration_manual();  // portcullis.toml(5)
std::string reasons_manual();        // portcullis-reasons(7)

}  // namespace portcullis::docs
