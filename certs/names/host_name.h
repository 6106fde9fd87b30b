#pragma once

#include <string_view>

namespace portcullis::certs {

// Host names as certificates spell them: any case, perhaps a wildcard, not yet trusted.

char ascii_lower(char c);

// Labels of letters, digits and '-', within the sizes of RFC 1034. '*' passes for a letter: where
// it may stand is for matching to judge.
bool is_host_name(std::string_view name);

// Does a presented name match a reference (lower case, no '*')? RFC 9525 section 6.3: '*' is the
// whole left-most label and stands for one label, with two or more after it.
bool matches_host_name(std::string_view presented, std::string_view reference);

}  // namespace portcullis::certs
