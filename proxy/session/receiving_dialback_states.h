#pragma once

#include <string>
#include <string_view>

#include "proxy/session/machine.h"
#include "proxy/session/receiving_context.h"
#include "proxy/session/relaying.h"

// Those of the states of receiving_states.h that a stream has of a backend which is authenticated
// by dialback. In each of them its questions about our keys are answered, because it may ask them
// on any stream.
namespace portcullis::session::receiving {

struct AwaitingDialback;
struct ProvingBackend;
struct AwaitingStanza;
struct OpeningForStanzas;
struct HearingRefused;

struct Pair {
  DomainName local;
  DomainName remote;
};

// It has our header. Some servers only ask, and leave.
struct AwaitingDialback {
  static constexpr std::string_view name = "awaiting-dialback";
  using Otherwise = Negotiating;
  OneOf<AwaitingDialback, ProvingBackend, Closed> on(const ElementReceived& event,
                                                     Context& context) &&;
  Closed on(const StreamClosed& event, Context& context) &&;
  Closed on(const TransportLost& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  xmpp::StreamHeader header;
  bool asked = false;  // about a key
};

// It has said for whom it speaks, and its own port is asked whether that is so.
struct ProvingBackend {
  static constexpr std::string_view name = "proving-backend";
  using Otherwise = Negotiating;
  AwaitingStanza on(const PeerAccepted& event, Context& context) &&;
  Closed on(const PeerRefused& event, Context& context) &&;
  OneOf<ProvingBackend, Closed> on(const ElementReceived& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
  std::string valid;  // the answer, if it is so
};

// It is the backend, and was told so without a look at the peer: Prosody and jabberd2 ask about our
// keys only then, and nothing that comes from the peer may depend on whether it can be called. The
// peer is called when there is something to say.
struct AwaitingStanza {
  static constexpr std::string_view name = "awaiting-stanza";
  using Otherwise = Negotiating;
  OneOf<AwaitingStanza, OpeningForStanzas, Closed> on(const ElementReceived& event,
                                                      Context& context) &&;
  Closed on(const StreamClosed& event, Context& context) &&;
  Closed on(const TransportLost& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
};

// What it says meanwhile is kept, as it would be written, and behind that the end of its stream.
struct KeptStanzas {
  std::string bytes;
  bool ended = false;
};

struct OpeningForStanzas {
  static constexpr std::string_view name = "opening-for-stanzas";
  using Otherwise = AwaitingFar;
  OneOf<OpeningForStanzas, Closed> on(const ElementReceived& event, Context& context) &&;
  OpeningForStanzas on(const StreamClosed& event, Context& context) &&;
  HearingRefused on(const InputRefused& event, Context& context) &&;
  OpeningForStanzas on(const FarAuthenticated& event, Context& context) &&;
  Relaying on(const FarFeatures& event, Context& context) &&;
  HearingRefused on(const FarFailed& event, Context& context) &&;
  HearingRefused on(const DeadlineExpired& event, Context& context) &&;
  HearingRefused on(const ShutdownRequested& event, Context& context) &&;
  xmpp::StreamHeader header;
  KeptStanzas kept;
};

}  // namespace portcullis::session::receiving
