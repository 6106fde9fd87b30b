#pragma once

#include <string>

#include "proxy/session/initiating_states.h"

// Streams that we initiate in observe mode. Toward a peer they go as far as the peer can; toward
// the backend they are not authenticated. Both lead to AwaitingRelease.
namespace portcullis::session::initiating {

// The other end is older than XMPP 1.0: no features, no encryption.
AwaitingRelease open_old(const xmpp::StreamHeader& header, Context& context);

// Whether the stream stays without TLS, because this end does not offer it or the approach does not
// want it.
bool stays_in_the_clear(const xmpp::Element& features, const Context& context);
AwaitingRelease open_in_the_clear(const xmpp::StreamHeader& header, Context& context);

AwaitingRelease open_under_tls(const xmpp::StreamHeader& header, bool certified,
                               bool offers_external, Context& context);

// The peer offered SASL EXTERNAL but then declined it. It may still accept dialback.
Relaying go_on_declined(xmpp::StreamHeader header, const policy::Refusal& refusal,
                        const std::string& condition, Context& context);

}  // namespace portcullis::session::initiating
