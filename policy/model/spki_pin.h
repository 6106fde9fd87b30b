#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis::policy {

// SHA-256 of a subjectPublicKeyInfo (RFC 7469 section 2.4): a key, whatever certificate holds it.
using SpkiPin = std::array<std::uint8_t, 32>;

// "spki-sha256:" and the base64 of its 32 octets, both ways. parse_pin()
// accepts only what pin_text() writes. Its error is half a sentence: "is no pin: write ...".
std::string pin_text(const SpkiPin& pin);
Result<SpkiPin> parse_pin(std::string_view text);

}  // namespace portcullis::policy
