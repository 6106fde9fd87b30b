#pragma once

#include <string>

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// An element for the log: names, namespaces and attributes as they were read, without any text,
// which may be a password or a message. "<auth xmlns='urn:...' mechanism='PLAIN'>...</auth>". Stops
// after about 800 octets. It is for people and not to be parsed.
std::string outline(const Element& element);

}  // namespace portcullis::xmpp
