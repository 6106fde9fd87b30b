#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// <stream:features> of ours.
std::string write_starttls_features();  // STARTTLS, required, nothing else
// STARTTLS without <required/>, for who may go on without it; and, when asked, dialback.
std::string write_optional_starttls_features(bool dialback);
// XEP-0220 section 2.6: dialback with <errors/>, nothing else.
std::string write_dialback_features();
std::string write_s2s_features(std::size_t stanza_bytes);  // after authentication: XEP-0478 limits
std::string write_starttls();
std::string write_proceed();

// <dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>, to stand in features.
std::string write_dialback_feature();

bool offers_starttls(const Element& features);
// A server may do dialback without saying so (XEP-0220 section 2.6 is younger than dialback).
bool offers_dialback(const Element& features);

// c2s: the backend's features without what ends at this gate: <starttls/> and <compression/>.
// The SASL mechanism list is left as it is, in its order (XEP-0474 hashes it).
Element filter_client_features(const Element& features);

}  // namespace portcullis::xmpp
