#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/stream_kind.h"
#include "proxy/session/action.h"
#include "proxy/session/ending.h"
#include "proxy/session/event.h"
#include "proxy/session/leg_output.h"
#include "proxy/session/machine.h"
#include "proxy/session/profile.h"

namespace portcullis::session {

// What the states of both machines work with: what the leg puts out, its far leg, and the ways in
// which it may end. Sees to it that
//   - the decision is made once and only before the relay,
//   - the far leg is told of the end unless the end came from there.
class LegContext {
 public:
  struct Nature {
    StreamKind kind;
    Side side;
    // What a far failure is called on this side unless it brings a condition; empty: its own.
    std::string far_failure_condition;
    bool born_with_far = false;  // as an initiating leg is
  };
  struct Progress {
    bool has_far = false;
    bool relaying = false;
  };
  LegContext(Nature nature, LegOutput::Settings settings);

  Side side() const { return nature_.side; }
  StreamKind kind() const { return nature_.kind; }
  const Progress& progress() const { return progress_; }

  // ---- The far leg
  void open_far_leg(OpenFarLeg far);
  void drop_far_leg();
  void tell_far(FarEvent event);
  // From here on the stream is established, and what the guard accepts is passed on.
  void start_relay(xmpp::StreamHeader peer_header, std::string first = {});

  // ---- How a leg ends. Each of these leads to Closed.
  // We refuse: said to this end, told to the far one.
  Closed refuse(const Ending& ending);
  // The same where nothing can or may be said to this end.
  Closed refuse_unsaid(const policy::Refusal& refusal);
  // This end leaves of itself; it gets our </stream:stream>.
  Closed ended_by_peer(const policy::Refusal& refusal);
  // An element that the state cannot use, or <stream:error/>.
  Closed refuse_element(const xmpp::Element& element);
  // The far leg failed; said to this end.
  Closed far_failed(const FarFailed& far);
  // Both legs are told to shut down by the driver, so that the far one is not told by us.
  Closed shut_down();
  // The state `state` does not accept `event`: a fault of ours.
  Closed unexpected(std::string_view state, std::string_view event);
  // An established stream is over, and nothing was refused.
  struct Parting {
    std::string words;            // the last ones to this end; empty: nothing is said
    std::optional<FarEvent> far;  // empty: the end came from the far leg
    std::string_view why;         // as in Close
  };
  Closed part(Parting parting);

  LegOutput out;

 private:
  void decide(const policy::Refusal& refusal);
  Closed close(std::string_view why);

  Nature nature_;
  Progress progress_;
};

}  // namespace portcullis::session
