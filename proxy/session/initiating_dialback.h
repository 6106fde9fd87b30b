#pragma once

#include <string_view>

#include "proxy/session/initiating_states.h"

// Server dialback: we send a key, and the other end asks about it elsewhere. The operator's own
// server that can do nothing better asks at our outbound listener (Approach::kDialback); a peer
// that takes no EXTERNAL from us asks where DNS says that our domain is
// (Approach::kExternalOrDialback).
namespace portcullis::session::initiating {

// Sends our key for the stream with this header. `features` are those of the stream; empty if the
// server is older than XMPP 1.0.
OneOf<AwaitingKeyAnswer, Closed> send_key(xmpp::StreamHeader header, xmpp::Element features,
                                          Context& context);

// Whether it is of a server older than XMPP 1.0 that knows dialback: without features, its header
// says so.
bool is_old_with_dialback(const xmpp::StreamHeader& header);

// A peer offers dialback, and nothing that we may do: half a sentence about what is to be done.
std::string_view how_to_dialback(const Context& context);

}  // namespace portcullis::session::initiating
