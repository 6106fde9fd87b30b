#pragma once

#include <string>
#include <string_view>

#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_limits.h"

namespace portcullis::xmpp {

// The features that we send to servers: of those of hop_features.h the ones that are ours or
// merged. Where stanzas may follow without other features, they have the limits for them.
std::string write_starttls_features();  // STARTTLS, required, nothing else
// STARTTLS without <required/> and dialback, for a peer that may go on without TLS.
std::string write_optional_starttls_features(const StreamLimits& limits);
// Dialback with <errors/> (XEP-0220 section 2.6).
std::string write_dialback_features(const StreamLimits& limits);
std::string write_limits_features(const StreamLimits& limits);  // after authentication
std::string write_starttls();
std::string write_proceed();

// <dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>, a child of the features.
std::string write_dialback_feature();
// <limits/> alike.
std::string write_limits_feature(const StreamLimits& limits);

bool offers_starttls(const Element& features);
bool requires_starttls(const Element& features);
// false does not mean that the server cannot do dialback: the feature (XEP-0220 section 2.6) is
// younger than dialback.
bool offers_dialback(const Element& features);

// c2s: the backend's features as hop_features.h lets them cross, with the limits that hold through
// the gate; `ours` are its own. The SASL mechanism list and its order are not changed, because
// clients hash it (XEP-0474). The list of channel-binding types passes: the leg to the backend has
// left in it only what holds for both connections (channel_binding.h).
Element client_features(const Element& backend, const StreamLimits& ours);

}  // namespace portcullis::xmpp
