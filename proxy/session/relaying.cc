#include "proxy/session/relaying.h"

#include <string>

namespace portcullis::session {
namespace {

using policy::Reason;

const char* const kNoWords = "";

std::string end_tag() {
  return std::string(xmpp::kStreamEnd);
}

bool is_client_backend(const LegContext& context) {
  return context.kind() == StreamKind::kC2s && context.side() == Side::kBackend;
}

}  // namespace

Relaying relay(xmpp::StreamHeader peer_header, LegContext& context, std::string first) {
  context.start_relay(std::move(peer_header), std::move(first));
  return {};
}

Closed Relaying::on(const StreamClosed&, LegContext& context) && {
  return context.part({.words = end_tag(), .far = FarEnded{}, .why = {}});
}

// The only element that arrives here is <stream:error/>. The guard handles all others.
Closed Relaying::on(const ElementReceived& event, LegContext& context) && {
  if (!is_stream_error(event.element)) return context.unexpected(name, ElementReceived::name);
  auto far = said_by(context.side(), xmpp::read_stream_error(event.element));
  const auto why = policy::id(far.refusal.reason);
  return context.part({.words = end_tag(), .far = std::move(far), .why = why});
}

Closed Relaying::on(const InputRefused& event, LegContext& context) && {
  return context.refuse({event.refusal, event.condition});
}

// On s2s the stream to the far end is ended properly, so that it opens a new stream for its next
// stanza.
Closed Relaying::on(const TransportLost&, LegContext& context) && {
  FarEvent far = FarEnded{};
  if (context.kind() == StreamKind::kC2s) far = FarLost{};
  const auto reason =
      context.side() == Side::kWan ? Reason::kPeerLeft : Reason::kBackendUnavailable;
  return context.part({.words = kNoWords, .far = std::move(far), .why = policy::id(reason)});
}

Closed Relaying::on(const DeadlineExpired&, LegContext& context) && {
  return context.part({.words = xmpp::write_stream_error("connection-timeout",
                                                         "The stream was idle for too long.", {}),
                       .far = FarEnded{},
                       .why = "idle"});
}

// On c2s, the backend must see a lost connection: the client may resume its session through another
// instance (XEP-0198 section 5).
Closed Relaying::on(const ShutdownRequested&, LegContext& context) && {
  if (!is_client_backend(context)) return context.shut_down();
  return context.part(
      {.words = kNoWords, .far = std::nullopt, .why = policy::id(Reason::kShuttingDown)});
}

Closed Relaying::on(const FarFailed& event, LegContext& context) && {
  return context.far_failed(event);
}

Closed Relaying::on(const FarEnded&, LegContext& context) && {
  return context.part({.words = end_tag(), .far = std::nullopt, .why = {}});
}

Closed Relaying::on(const FarLost&, LegContext& context) && {
  const auto reason =
      context.side() == Side::kWan ? Reason::kBackendUnavailable : Reason::kPeerLeft;
  return context.part({.words = kNoWords, .far = std::nullopt, .why = policy::id(reason)});
}

}  // namespace portcullis::session
