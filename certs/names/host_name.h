#pragma once

#include <string_view>

namespace portcullis::certs {

// Host names as certificates hold them: in upper or lower case, perhaps with a wildcard, and chosen
// by whoever made the certificate.

char ascii_lower(char c);

// Labels of letters, digits and '-', no longer than RFC 1034 section 3.1 allows. '*' counts as a
// letter here; matches_host_name decides where it may stand.
bool is_host_name(std::string_view name);

// Does a presented name match a reference (lower case, no '*')? RFC 9525 section 6.3: a '*' must be
// the whole left-most label. It stands for exactly one label, and two or more must follow it.
bool matches_host_name(std::string_view presented, std::string_view reference);

}  // namespace portcullis::certs
