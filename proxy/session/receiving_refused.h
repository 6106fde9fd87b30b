#pragma once

#include <chrono>
#include <optional>

#include "proxy/session/receiving_states.h"

// A stream that has failed although this end was told <success/>, so that it may have said stanzas.
namespace portcullis::session::receiving {

// Sets our header in answer to that of an end that has authenticated. What is wrong with it, if
// anything is.
std::optional<Ending> answer_authenticated(const Pair& pair, const xmpp::StreamHeader& header,
                                           Context& context);

// Sends it with features: what this end and the far one take.
void answer_limits(const xmpp::StreamLimits& far, Context& context);

// The far leg is late, which is told to it; or we shut down, and the driver tells it.
FarFailed far_is_late(Context& context);
FarFailed shutting_down();

// The far leg is gone. The other server has some time for its header, then for its stanzas.
AwaitingRefusedHeader await_refused_header(Pair pair, FarFailed far, Context& context);
// `first`: what it has said already.
HearingRefused hear_server(const xmpp::StreamHeader& header, FarFailed far, Context& context,
                           std::string first = {});
// From a client only what it has said already is heard: it waits for features before it says more.
HearingRefused hear_client(const xmpp::StreamHeader& header, FarFailed far, Context& context);

}  // namespace portcullis::session::receiving
