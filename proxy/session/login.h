#pragma once

#include <optional>
#include <string>

#include "proxy/xmpp/element.h"

namespace portcullis::session {

// Whether the element may pass between a client and the backend before the relay: SASL (RFC 6120
// section 6), SASL2 (XEP-0388), and stanzas, because registration needs them (XEP-0077).
bool is_client_login_element(const xmpp::Element& element);
bool is_host_login_element(const xmpp::Element& element);

// Whether the host may say the element between SASL2 <success/> and the features after it. The
// client is logged in then. Only what concerns a single connection must not pass: TLS, compression,
// dialback, a second login.
bool may_follow_login(const xmpp::Element& element);

// An <iq/> that asks for something, so that an answer to it must come, and such an answer.
bool is_iq_request(const xmpp::Element& element);
bool is_iq_answer(const xmpp::Element& element);

// A login of the time before SASL (XEP-0078): an <iq/> with a password. The host's answer is all
// that says that the client is logged in; neither a header nor features follow.
bool is_iq_login(const xmpp::Element& element);

// The request of a client that waits for its answer. Only one may: nobody shall have the answer to
// another request taken for that to a login. A value.
struct IqLogin {
  // The client says something. If it is a request, it takes the place of the one before it.
  void asks(const xmpp::Element& element);
  // Whether the host says with this element that the client is logged in. An answer with a form is
  // none: it says what is missing.
  bool is_granted_by(const xmpp::Element& answer) const;

  std::optional<std::string> id = {};  // if the request is a login
};

// Whether the host says with this element that stream management is in force (XEP-0198): by
// <enabled/> or <resumed/>, or by one of them in SASL2 <success/>, or in its <bound/> (XEP-0386).
bool begins_stream_management(const xmpp::Element& element);

// An element of SASL or SASL2: each that one side says is answered by the other one.
inline bool is_sasl(const xmpp::Element& element) {
  return element.ns == xmpp::ns::kSasl || element.ns == xmpp::ns::kSasl2;
}
inline bool is_sasl_success(const xmpp::Element& element) {
  return element.is(xmpp::ns::kSasl, "success");
}
inline bool is_sasl2_success(const xmpp::Element& element) {
  return element.is(xmpp::ns::kSasl2, "success");
}

}  // namespace portcullis::session
