#pragma once

#include <chrono>

#include "proxy/base/scheduler.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/snapshot.h"
#include "proxy/relay/stream_plan.h"

// How the legs of a bridge are set up, from the configuration and the kind of the stream.
namespace portcullis::relay {

// Whether a stream of this host's backend that is refused is accepted first, so that its stanzas
// can be answered (docs/decisions/0015).
bool answers_refused(const policy::Config& config, const DomainName& local);

// Whether this host's backend is authenticated by dialback, and authenticates us so.
bool speaks_dialback(const policy::Config& config, const DomainName& local);

// Whether we authenticate to that peer by dialback where it takes nothing else, so that we answer
// its questions about our keys. Not where it is only observed: there the keys of both servers
// cross.
bool originates_dialback(const policy::Config& config, const DomainName& local,
                         const DomainName& remote);

// How long it may take to reach the far end by the plan `far`, for a stream of that host.
std::chrono::milliseconds time_to_reach(const StreamPlan& near, const StreamPlan& far,
                                        const policy::Config& config, const DomainName& local);

// The leg of which we are the receiving entity. `clock` and what `attempts` calls must outlive it.
session::ReceivingLeg near_leg(const StreamPlan& plan, TlsEntry entry, const SnapshotPtr& snapshot,
                               const Scheduler& clock, session::AttemptCounter attempts);

// The leg of which we are the initiating entity, for one attempt. `plan`: that of FarPlan.
session::InitiatingLeg far_leg(const StreamPlan& plan, const Snapshot& snapshot,
                               const session::OpenFarLeg& wanted, const Dial::Attempt& attempt);
// The same where no keys of dialback are needed.
session::InitiatingLeg far_leg(const StreamPlan& plan, const policy::Config& config,
                               const session::OpenFarLeg& wanted, const Dial::Attempt& attempt,
                               DialbackSecret::Keys dialback_keys = {});

// How the backend of `local` is called for a stream between servers whose other end has proved who
// it is.
session::Approach approach_to_backend(const policy::Config& config, const DomainName& local);
// How a peer is called that is not observed.
session::Approach approach_to_peer(const policy::Config& config, const DomainName& local,
                                   const DomainName& remote);

LegEnd::Settings leg_settings(const StreamPlan& plan, Place place, const policy::Limits& limits,
                              std::chrono::milliseconds first_deadline);

// How much one stanza of the end on that side may be.
void set_limits(xmpp::GuardRules& rules, const policy::Limits& limits, Side side);

}  // namespace portcullis::relay
