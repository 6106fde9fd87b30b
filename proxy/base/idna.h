#pragma once

#include <string>
#include <string_view>

#include "proxy/base/result.h"

// How a domain name is read by the two standards that are in use: IDNA2008 (with UTS 46,
// non-transitional), by which DNS names are registered and certificates issued, and IDNA2003, by
// which XMPP servers compare names. The errors are half a sentence.
namespace portcullis::idna {

// IDNA2008: the name with A-labels, as libidn2 converts it; ASCII without an A-label is only made
// lower case. It is not necessarily a host name.
Result<std::string> to_a_labels(std::string_view text);
// IDNA2008: the name with U-labels. `a_labels` is what to_a_labels() gave.
Result<std::string> to_u_labels(const std::string& a_labels);

// IDNA2003: the whole name by the profile nameprep (RFC 3491) with code points that Unicode 3.2
// does not know left as they are. Prosody and ejabberd call the same profile for the domain of
// every address, and then compare octets. A-labels stay A-labels.
Result<std::string> nameprep(std::string_view text);

}  // namespace portcullis::idna
