#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "certs/openssl_ptr.h"

namespace portcullis::certs {

// The dNSName entries of subjectAltName. The error says what is malformed: an entry with NUL or
// any other character no host name has (the classic way to be two names at once), the extension
// twice or unparsable, too many entries. An absent extension is an empty list.
tl::expected<std::vector<std::string>, std::string> read_dns_names(const X509* leaf);

}  // namespace portcullis::certs
