#pragma once

#include <string>
#include <string_view>

#include "proxy/session/leg_context.h"

// What the states of an established stream say and tell when it ends.
namespace portcullis::session {

inline const char* const kNoWords = "";

inline std::string end_tag() {
  return std::string(xmpp::kStreamEnd);
}

inline std::string timed_out(std::string_view text) {
  return xmpp::write_stream_error("connection-timeout", text, {});
}

inline std::string server_lost(const LegContext& context) {
  return xmpp::write_stream_error(
      context.told(because(policy::Reason::kBackendUnavailable,
                           "The connection to your server was lost. Connect again.")));
}

// With stream management both ends know what has not arrived, and send it again (XEP-0198). An
// error would come in addition.
inline void return_undelivered(const TransportLost& event, LegContext& context) {
  if (context.kind() == StreamKind::kC2s && !event.managed) context.out.act(ReturnUndelivered{});
}

inline bool is_client_backend(const LegContext& context) {
  return context.kind() == StreamKind::kC2s && context.side() == Side::kBackend;
}

// The reason when the connection of that side is lost.
inline policy::Reason lost(Side side) {
  return side == Side::kWan ? policy::Reason::kPeerLeft : policy::Reason::kBackendUnavailable;
}

// What the far end is told when the connection of this end is gone before its time: a proper end is
// said only if this end has got all that was sent to it.
inline FarEvent ended_by_loss(const LegContext& context, const TransportLost& event) {
  if (event.delivered) return FarEnded{};
  return FarFailed{because(lost(context.side()),
                           "The connection to the other side was lost, and not all that was sent "
                           "to it has arrived."),
                   "remote-connection-failed"};
}

}  // namespace portcullis::session
