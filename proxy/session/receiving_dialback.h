#pragma once

#include "proxy/session/receiving_states.h"

// Streams of a backend that cannot do SASL EXTERNAL, and is authenticated by server dialback.
namespace portcullis::session::receiving {

// Whether a stream with that header is one. Old servers name nobody in their header; then one such
// host is enough, for everybody else would name himself.
bool is_for_dialback(const ReceivingProfile& profile, const xmpp::StreamHeader& header);

// Answers the header. Our header must be set. A header without `version` is answered without one,
// and without features; TLS is never offered, because some servers would begin it whatever their
// settings say.
AwaitingDialback speak_dialback(const xmpp::StreamHeader& header, Context& context);

// Who has only asked about our keys has said nothing that was refused: nothing is decided about the
// stream. `words`: our last ones; empty: none.
Closed leave(std::string words, Context& context);
std::string idle_words();

}  // namespace portcullis::session::receiving
