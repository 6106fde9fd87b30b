#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// <stream:features> of ours.
std::string write_starttls_features();                     // STARTTLS, required, nothing else
std::string write_s2s_features(std::size_t stanza_bytes);  // after authentication: XEP-0478 limits
std::string write_starttls();
std::string write_proceed();

bool offers_starttls(const Element& features);

// c2s: the backend's features without what ends at this gate: <starttls/> and <compression/>.
// The SASL mechanism list is left as it is, in its order (XEP-0474 hashes it).
Element filter_client_features(const Element& features);

}  // namespace portcullis::xmpp
