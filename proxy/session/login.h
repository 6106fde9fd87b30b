#pragma once

#include "proxy/xmpp/element.h"

namespace portcullis::session {

// What passes between a client and the backend before the relay: SASL (RFC 6120 section 6), SASL2
// (XEP-0388), and stanzas, for registration (XEP-0077).
bool is_client_login_element(const xmpp::Element& element);
bool is_host_login_element(const xmpp::Element& element);

// Between SASL2 <success/> and the features behind it. The client is logged in and may say
// anything but what is settled between neighbours: TLS, compression, dialback, a second login.
bool may_follow_login(const xmpp::Element& element);

inline bool is_sasl_success(const xmpp::Element& element) {
  return element.is(xmpp::ns::kSasl, "success");
}
inline bool is_sasl2_success(const xmpp::Element& element) {
  return element.is(xmpp::ns::kSasl2, "success");
}

}  // namespace portcullis::session
