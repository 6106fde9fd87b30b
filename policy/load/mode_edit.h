#pragma once

#include <string>
#include <string_view>

#include "policy/model/config.h"
#include "proxy/base/result.h"

namespace portcullis::policy {

// The way from observe mode to `enforce`.

// `toml`, one file, with `mode` of [policy] set to "enforce". Nothing but the octets of that value
// changes. An error where the value is not there as the string "observe", as half a sentence.
Result<std::string> with_enforce_mode(std::string_view toml);

// As a configuration would be loaded whose [policy] said "enforce": what names a mode of its own, a
// rule or [c2s], keeps it.
Config enforced(Config config);

}  // namespace portcullis::policy
