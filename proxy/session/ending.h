#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/session/event.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::session {

// Why a leg ends, in words for the other end and for the log.
struct Ending {
  policy::Refusal refusal;
  std::string condition = {};  // stream error condition instead of the reason's own, or empty
  std::shared_ptr<const xmpp::ErrorDetail> detail = {};  // used with a condition only
};

// A refusal with a text of our own. `text` may contain words of others; it is made printable here.
policy::Refusal because(policy::Reason reason, std::string_view text);

// The ending for an element that is not allowed in the current state. It names the best reason: for
// a stanza, for dialback, or for something else (RFC 6120 section 4.9.3.24). Not for
// <stream:error/>.
Ending misplaced(const xmpp::Element& element);

inline bool is_stream_error(const xmpp::Element& element) {
  return element.is(xmpp::ns::kStream, "error");
}
bool is_stanza(const xmpp::Element& element);

// The refusal when a peer left during the negotiation and said why. What it means that the backend
// says something stands in backend_words.h.
// `advice`: half a sentence behind its words.
policy::Refusal refused_by_peer(const xmpp::StreamErrorInfo& words, std::string_view advice = {});
// The same on an established stream. The backend is told the peer's own words.
FarFailed said_by_peer(const xmpp::StreamErrorInfo& words);
// The refusal when this end answered our SASL EXTERNAL with <failure/>.
policy::Refusal declined_by(Side side, const xmpp::StreamErrorInfo& words);
// The refusal when what our own backend sent cannot be passed on. Its faults are no fault of
// anybody outside, and the sentences for those would give them wrong advice.
policy::Refusal unfit_of_backend(const policy::Refusal& found);
// The refusal when this end left without saying why. `detail` says how it left.
policy::Refusal left_by(Side side, std::string_view detail);
// The refusal when our deadline for this end has passed.
policy::Refusal late(Side side, std::chrono::milliseconds limit);

}  // namespace portcullis::session
