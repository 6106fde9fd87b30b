#pragma once

#include <string>
#include <string_view>

#include "policy/model/s2s_settings.h"
#include "proxy/base/result.h"

namespace portcullis::policy {

// "spki-sha256:" and the base64 of 32 octets (RFC 7469 section 2.4), both ways. Parsing takes the
// one spelling that writing gives. The error is half a sentence: "is no pin: write ...".
std::string pin_text(const SpkiPin& pin);
Result<SpkiPin> parse_pin(std::string_view text);

}  // namespace portcullis::policy
