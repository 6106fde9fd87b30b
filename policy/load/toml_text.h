#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::policy {

// Values as a configuration file would hold them.
std::string toml_string(std::string_view text);  // a basic string
std::string toml_list(const std::vector<std::string>& strings);

}  // namespace portcullis::policy
