#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace portcullis::policy {

// What is wrong with a text that is no TOML, and what to write instead, for the slips that people
// make: half a sentence. `line` and `column` (from 1) are where the parser stopped, `description`
// is what it says, and what is returned when nothing better is known. The text is hostile: no more
// of it is repeated than a few printable characters.
std::string toml_advice(std::string_view text, std::uint32_t line, std::uint32_t column,
                        std::string_view description);

}  // namespace portcullis::policy
