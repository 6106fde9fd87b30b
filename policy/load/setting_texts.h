#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/model/s2s_settings.h"

namespace portcullis::policy {

// Every setting as the file would hold it, in the order of the reference: a key and its value as
// TOML, {"min_tls", "\"1.2\""}.
std::vector<std::pair<std::string_view, std::string>> setting_texts(const S2sSettings& settings);

}  // namespace portcullis::policy
