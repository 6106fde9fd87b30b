#pragma once

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// The types of channel binding that a server offers for logins (XEP-0440). A type binds to the TLS
// connection that the server sees, which ends at Portcullis. Only tls-server-end-point (RFC 5929)
// can be the same on both sides: it is a hash of the server's certificate.

// Whether features offer tls-server-end-point.
bool offers_end_point_binding(const Element& features);
// What a client may see of features.
struct BindableOffer {
  Element features;
  bool hides_types = false;  // one that the server lists is left out
};
// The features with that type alone if `end_point`, else with no type; a list without types is left
// out. So are mechanisms of FAST (XEP-0484) for tokens that are bound to another type.
BindableOffer offer_bindings(Element features, bool end_point);

// Whether a SASL challenge is one of SCRAM with a hash of all mechanisms and types that the server
// has offered (XEP-0474). A client that checks it notices each type that was left out.
bool hashes_the_offer(const Element& challenge);

}  // namespace portcullis::xmpp
