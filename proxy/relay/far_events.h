#pragma once

#include <string>
#include <utility>
#include <variant>

#include "policy/reasons/home_arguments.h"
#include "policy/reasons/reason.h"
#include "proxy/relay/far_dialer.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/neighbour_words.h"
#include "proxy/relay/stream_gate.h"
#include "proxy/relay/stream_record.h"
#include "proxy/session/backend_words.h"
#include "proxy/telemetry/labels.h"

namespace portcullis::relay {

// What one leg tells the other.

// Who ended the stream when this end says so.
inline telemetry::End ended_by(const LegEnd& end) {
  return end.side() == Side::kWan ? telemetry::End::kPeer : telemetry::End::kBackend;
}

// What the near leg is told when nothing could be reached. Users of the backend read it if it was a
// peer.
inline session::FarFailed unreachable(DialFailure failure, bool calls_peer) {
  session::FarFailed far{std::move(failure.refusal), {}};
  if (far.refusal.reason == policy::Reason::kOutOfDescriptors) {
    far.condition = policy::info(far.refusal.reason).condition;  // nothing remote has failed
  } else if (far.refusal.reason == policy::Reason::kSocksProxyFailed) {
    far.condition = policy::info(far.refusal.reason).condition;
    far.told = policy::for_strangers(far.refusal);
  } else if (calls_peer && !failure.spoke_xmpp) {
    far.told = policy::unreached_for_our_users();
  } else if (calls_peer) {
    far.told = policy::for_our_users(far.refusal);
  }
  return far;
}

using session::is_the_backends_answer;

// Keeps how an established stream has ended.
struct EndBooks {
  StreamRecord& record;
  FarRecord& far;
};
inline void record_end(const session::FarEvent& event, const LegEnd& end, const StreamGate& gate,
                       const EndBooks& books) {
  const auto* const failed = std::get_if<session::FarFailed>(&event);
  books.record.ending(ended_by(end), failed);
  if (failed != nullptr) books.far.ended(gate.config(), gate.pair().local, failed->refusal);
}

// The near end is told that the far one has failed.
inline void tell_near(LegEnd& near, const StreamGate& gate, session::FarFailed failed) {
  if (gate.far_plan().is_between_hosts()) failed = of_neighbour(std::move(failed), gate.pair());
  near.dispatch(failed);
}

inline void tell(LegEnd& end, session::FarEvent event) {
  std::visit([&](auto& one) { end.dispatch(std::move(one)); }, event);
}

// Ends an end that has taken nothing for so long that it is lost: nothing more can be said to it.
// `managed`: stream management is in force.
inline void end_stalled(LegEnd& end, StreamRecord& record, bool managed) {
  record.ending(telemetry::End::kIdle,
                std::string("what was sent is not taken")
                    .append(end.side() == Side::kWan ? " (peer)" : " (backend)"));
  end.dispatch(
      session::TransportLost{"it took nothing of what was sent to it", false, false, managed});
  end.transport().abort();
}

}  // namespace portcullis::relay
