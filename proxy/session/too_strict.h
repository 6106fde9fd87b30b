#pragma once

#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/session/event.h"
#include "proxy/session/leg_context.h"
#include "proxy/xmpp/writer.h"

// Observe mode, and a backend that does not take part in it: it refuses by its own settings what
// was let through.
namespace portcullis::session {

// Whether the backend says by this that it demands more of a stream than observe mode does:
// encryption, a certificate that it trusts, or something else than server dialback.
bool is_too_strict(const xmpp::StreamErrorInfo& words);

// The same as what the leg of the peer is told, and with it the log.
FarFailed too_strict(const xmpp::StreamErrorInfo& words);

// The refusal of a backend that shows by what it does that it demands more. `said` is half a
// sentence.
policy::Refusal too_strict(std::string_view said);

// The ending of an established stream for what this end did. Prosody begins STARTTLS without having
// been offered it where it demands encryption.
Ending ending_of(const InputRefused& event, const LegContext& context);

}  // namespace portcullis::session
