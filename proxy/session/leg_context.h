#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/stream_kind.h"
#include "proxy/session/action.h"
#include "proxy/session/answered_dialback.h"
#include "proxy/session/backend_words.h"
#include "proxy/session/ending.h"
#include "proxy/session/event.h"
#include "proxy/session/leg_output.h"
#include "proxy/session/machine.h"
#include "proxy/session/profile.h"

namespace portcullis::session {

// What the states of both machines work with: the leg's output, its far leg, and the ways in which
// the leg may end. It makes sure that
//   - the decision is made once and only before the relay,
//   - the far leg is told about the end, unless the end came from the far leg.
class LegContext {
 public:
  struct Nature {
    StreamKind kind;
    Side side;
    // The stream error on this side when the far leg failed without naming a condition. Empty: the
    // condition of the reason is used.
    std::string far_failure_condition;
    bool born_with_far = false;  // true for an initiating leg
    bool observed = false;       // nobody will be authenticated on this leg (observe mode)
    AddHelp add_help = {};
  };
  struct Progress {
    bool has_far = false;
    bool relaying = false;
    bool decided = false;
    bool observed = false;  // as in Nature, or known since the relay
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
  void start_relay(StartRelay start);

  // The stream was refused because of `far`. What this end says in that time is read by the guard
  // and answered, and no more. Returns `far` with what this end is told, in the answers and then
  // in the stream error.
  // `first` as in HearStanzas.
  FarFailed hear_stanzas(xmpp::StreamHeader peer_header, FarFailed far,
                         std::chrono::milliseconds time, std::string first = {});

  // ---- How a leg ends. Each of these functions leads to Closed. We refuse. This end gets a stream
  // error, and the far leg is told.
  Closed refuse(const Ending& ending);
  // The same, but this end is told nothing, because it is impossible or not allowed.
  Closed refuse_unsaid(const policy::Refusal& refusal);
  // This end ends the stream on its own. It gets our </stream:stream>, and the far leg is told
  // `far`.
  Closed ended_by_peer(const FarFailed& far);
  // This end sent an element that the state cannot use, or <stream:error/>.
  Closed refuse_element(const xmpp::Element& element);
  // The far leg failed. This end gets a stream error.
  Closed far_failed(const FarFailed& far);
  // The same on an established stream, on which this end may still speak until it ends, too.
  void say_far_failed(const FarFailed& far);
  // The far leg failed before the relay. The decision is made, but this end is not told yet.
  void far_is_gone(const FarFailed& far);
  // The refusal as it is read at this end: on the WAN side it says where to ask, on the backend's
  // side it names the domains.
  policy::Refusal told(policy::Refusal refusal) const;
  // We shut down. The driver tells both legs, so the far leg is not told here.
  Closed shut_down();
  // The state `state` does not accept `event`. This is a fault in our code.
  Closed unexpected(std::string_view state, std::string_view event);
  // An established stream has ended, and nothing was refused.
  struct Parting {
    std::string words;            // our last words to this end; empty: none
    std::optional<FarEvent> far;  // empty: the end came from the far leg
    std::string_view why;         // as in Close
  };
  Closed part(Parting parting);

  LegOutput out;
  // How far the leg to the backend is; of no meaning on the WAN side.
  BackendLeg backend = BackendLeg::kUnproved;
  // Where the backend may send others; null: nowhere.
  std::shared_ptr<const std::vector<Endpoint>> redirects;
  // If this end is a backend that is authenticated by dialback; else null. It stays with an
  // established stream, on which the backend goes on asking.
  std::shared_ptr<const AnsweredDialback> dialback;

 private:
  void decide(const policy::Refusal& refusal);
  Closed close(std::string_view why);

  Nature nature_;
  Progress progress_;
};

// What a <stream:error/> of this leg's end means to the far leg.
FarFailed far_of(const xmpp::Element& error, const LegContext& context);

// The far end is gone before the stream was established; `how`, as in left_by().
Closed far_left(LegContext& context, std::string_view how);

}  // namespace portcullis::session
