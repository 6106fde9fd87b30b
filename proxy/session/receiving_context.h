#pragma once

#include <memory>

#include "proxy/session/leg_context.h"
#include "proxy/session/profile.h"

// What all states of a stream have in common of which we are the receiving entity.
namespace portcullis::session::receiving {

struct Context : LegContext {
  explicit Context(ReceivingProfile p);
  RemoteStance stance_of(const DomainName& local, const DomainName& remote) const;

  ReceivingProfile profile;
  // Observe mode, on the backend side: what is known about the peer, to which the far leg was
  // opened first. Shared, because few legs have it and all would have its size.
  std::shared_ptr<const FarOpen> far;
};

// ---- How any negotiation may end ---------------------------------------------------------------

struct Negotiating {
  static Closed on(const StreamClosed& event, Context& context);
  static Closed on(const InputRefused& event, Context& context);
  static Closed on(const TransportLost& event, Context& context);
  static Closed on(const DeadlineExpired& event, Context& context);
  static Closed on(const ShutdownRequested& event, Context& context);
  // These come only if there is already a far leg.
  static Closed on(const FarFailed& event, Context& context);
  static Closed on(const FarEnded& event, Context& context);
  static Closed on(const FarLost& event, Context& context);
};

struct BeforeTls {
  using Otherwise = Negotiating;
  static Closed on(const DeadlineExpired& event, Context& context);  // the time before TLS
};

// It is the far leg's turn. What this end says now comes too early. If the time runs out, that is
// not this end's fault.
struct AwaitingFar {
  using Otherwise = Negotiating;
  static Closed on(const ElementReceived& event, Context& context);
  static Closed on(const DeadlineExpired& event, Context& context);
};

}  // namespace portcullis::session::receiving
