#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/stream_kind.h"
#include "proxy/session/event.h"
#include "proxy/xmpp/writer.h"

// What it means that the operator's own server ends a stream in words. One place decides that: for
// the log, the metrics and the other side (docs/decisions/0023).
namespace portcullis::session {

// How much of our own leg to the backend is still to be done when it speaks. What concerns that leg
// is never told to the other side: it has no part in it.
enum class BackendLeg : std::uint8_t {
  // TLS is still to come, and with it the pinned key. Whoever answers there may be somebody else.
  kUnproved,
  kJudging,    // it has shown its key, and judges the certificate that we made for the peer
  kAsking,     // dialback: it asks at our outbound listener about the key that we have sent
  kAnonymous,  // observe mode: nobody authenticates on this leg, neither now nor later
  kOpening,    // c2s: nothing of ours is judged any more, but it has not said how to log in
  kStands,     // nothing is left to be done
};

struct BackendMeaning {
  policy::Reason reason;
  bool condition_crosses;  // the other side is told the same condition
  bool words_cross;        // and the backend's own text
};

// What a stream error of the backend means, from where our leg is and what it says.
BackendMeaning meaning_of(BackendLeg leg, const xmpp::StreamErrorInfo& words);

// Whether the text speaks of encryption or certificates. Servers say with one condition that they
// have a block list and that they want encryption; only the text tells the two apart, and behind
// the gate encryption and certificates are always those of our leg.
bool speaks_of_the_leg(std::string_view text);

// The same as what the other leg is told, and with it the log. `redirects` are the places to which
// it may send others with <see-other-host/>; nullptr: none.
FarFailed said_by_backend(BackendLeg leg, StreamKind kind, const xmpp::StreamErrorInfo& words,
                          const std::vector<Endpoint>* redirects);

// Whether the backend itself has decided about the stream. Then nothing is wrong with our leg to
// it, and no other of its addresses would say anything else.
inline bool is_the_backends_answer(const FarFailed& far) {
  return far.refusal.reason == policy::Reason::kRefusedByBackend ||
         far.refusal.reason == policy::Reason::kBackendStopping;
}

// What is said when something else than the expected port of the backend answers. Each names the
// keys of [host.backend] to look at.

// Whether a header with that content namespace is of the other kind of port.
bool speaks_to_others(StreamKind expected, std::string_view content_ns);
std::string swapped_ports(StreamKind expected);
std::string older_than_xmpp(StreamKind expected);
// Half a sentence, for a backend that leaves as soon as it hears us.
std::string about_proxy_header(StreamKind expected);

}  // namespace portcullis::session
