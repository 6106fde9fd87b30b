#pragma once

#include "proxy/session/initiating_states.h"

// Server dialback toward the operator's own server, which can do nothing better: it asks us at our
// outbound listener about the key that we send here (Approach::kDialback).
namespace portcullis::session::initiating {

// Sends our key for the stream with this header. `features` are those of the stream; empty if the
// server is older than XMPP 1.0.
OneOf<AwaitingKeyAnswer, Closed> send_key(xmpp::StreamHeader header, xmpp::Element features,
                                          Context& context);

}  // namespace portcullis::session::initiating
