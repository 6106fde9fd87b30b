#pragma once

#include <cstdint>
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

// An <iq/> to which an answer must come: any that is none itself. Servers answer also those whose
// type has no meaning.
bool is_iq_request(const xmpp::Element& element);

// A login of the time before SASL (XEP-0078): an <iq/> with a password. The host's answer is all
// that says that the client is logged in; neither a header nor features follow.
bool is_iq_login(const xmpp::Element& element);

// The request of a client that waits for its answer. Only one may, and only the answer with its id
// ends that: or a stranger could have the answer to another one taken for that to a login. A value.
struct IqRequest {
  // The client says something, while no request waits.
  void asks(const xmpp::Element& element);
  // The host says something. kGranted: the client is logged in. A result with a form does not say
  // so: it tells what is missing.
  enum class Answer : std::uint8_t { kNone, kAnswered, kGranted };
  Answer hears(const xmpp::Element& element);

  std::optional<std::string> id = {};  // of the request that waits
  bool logs_in = false;                // it is a login
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
