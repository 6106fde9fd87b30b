#pragma once

#include <string>

#include "proxy/session/initiating_states.h"

// Streams that we initiate in observe mode: toward a peer, as far as it goes; toward the backend,
// without authentication. Each ends in AwaitingRelease.
namespace portcullis::session::initiating {

// The other end is older than XMPP 1.0: no features, no encryption.
AwaitingRelease open_old(const xmpp::StreamHeader& header, Context& context);

// Whether TLS is not to be had here, or not wanted.
bool stays_in_the_clear(const xmpp::Element& features, const Context& context);
AwaitingRelease open_in_the_clear(const xmpp::StreamHeader& header, Context& context);

AwaitingRelease open_under_tls(const xmpp::StreamHeader& header, bool certified,
                               bool offers_external, Context& context);

// The peer offered SASL EXTERNAL and declined it: it may still be content with dialback.
Relaying go_on_declined(xmpp::StreamHeader header, const policy::Refusal& refusal,
                        const std::string& condition, Context& context);

}  // namespace portcullis::session::initiating
