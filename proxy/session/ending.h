#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/session/event.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::session {

// Why a leg ends, in words fit for the other end and for the log.
struct Ending {
  policy::Refusal refusal;
  std::string condition = {};  // stream error condition instead of the reason's own, or empty
};

// A refusal in words of our own; `text` may hold words of others and is made printable here.
policy::Refusal because(policy::Reason reason, std::string_view text);

// An element that has no place in the current state; not for <stream:error/>. Names the nearest
// reason: a stanza, dialback, or something else (RFC 6120 section 4.9.3.24).
Ending misplaced(const xmpp::Element& element);

inline bool is_stream_error(const xmpp::Element& element) {
  return element.is(xmpp::ns::kStream, "error");
}
bool is_stanza(const xmpp::Element& element);

// This end said why it leaves while we were negotiating: a stream error or a SASL failure, named
// by `what`. Of the backend, the conditions which its settings cause are told from the others.
policy::Refusal refused_by(Side side, std::string_view what, const xmpp::StreamErrorInfo& words);
// The same on an established stream: its own words, to be said again on the other side.
FarFailed said_by(Side side, const xmpp::StreamErrorInfo& words);
// This end left without a word.
policy::Refusal left_by(Side side, std::string_view detail);
// Our deadline for this end passed.
policy::Refusal late(Side side, std::chrono::milliseconds limit);

}  // namespace portcullis::session
