#pragma once

#include <string>
#include <string_view>

#include "policy/load/config_sources.h"
#include "proxy/base/result.h"

namespace portcullis::policy {

// `text` with ${NAME} replaced by that variable, and ${NAME:-TEXT} by TEXT where the variable is
// not set or empty. "$$" is one "$"; any other "$" stays. What is put in is not looked at again,
// and must be fit to be shown. The error is half a sentence: "holds ${X}, but ...".
Result<std::string> interpolate(std::string_view text, const Environment& environment);

}  // namespace portcullis::policy
