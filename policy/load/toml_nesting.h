#pragma once

#include <optional>
#include <string_view>

#include "policy/load/findings.h"

namespace portcullis::policy {

// The place where brackets or the parts of a dotted key nest deeper than any configuration needs.
// toml++ builds and frees such a document by recursion, which overflows the stack; so this is
// asked first. It only counts; whether the text is TOML is decided by the parser.
std::optional<Place> too_deeply_nested(std::string_view toml);

}  // namespace portcullis::policy
