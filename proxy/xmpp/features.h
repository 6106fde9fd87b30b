#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// The features that we send.
std::string write_starttls_features();  // STARTTLS, required, nothing else
// STARTTLS without <required/>, for a peer that may go on without TLS; and dialback if `dialback`
// says so.
std::string write_optional_starttls_features(bool dialback);
// Dialback with <errors/> (XEP-0220 section 2.6), and nothing else.
std::string write_dialback_features();
std::string write_s2s_features(std::size_t stanza_bytes);  // after authentication: XEP-0478 limits
std::string write_starttls();
std::string write_proceed();

// <dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>, a child of the features.
std::string write_dialback_feature();

bool offers_starttls(const Element& features);
// false does not mean that the server cannot do dialback: the feature (XEP-0220 section 2.6) is
// younger than dialback.
bool offers_dialback(const Element& features);

// c2s: the backend's features without <starttls/> and <compression/>, because TLS and compression
// must not cross Portcullis. The SASL mechanism list and its order are not changed, because clients
// hash it (XEP-0474). The list of channel-binding types passes: the leg to the backend has left in
// it only what holds for both connections (channel_binding.h).
Element filter_client_features(const Element& features);

}  // namespace portcullis::xmpp
