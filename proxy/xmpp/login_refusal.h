#pragma once

#include <string>
#include <string_view>

#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// Tells a client that what it has just tried was not passed on, and that it may try again later, as
// its own server would: for <auth/> and SASL2's <authenticate/> a <failure/> with
// <temporary-auth-failure/> (RFC 6120 section 6.5.10, XEP-0388 section 2.6.2), for an <iq/> an
// error with <resource-constraint/> (RFC 6120 section 8.3.3.18).
std::string write_login_refusal(const Element& tried, std::string_view text);

// The condition of a <failure/> of SASL or SASL2; empty if it has none.
std::string_view failure_condition(const Element& failure);

}  // namespace portcullis::xmpp
