#pragma once

#include <chrono>

#include "proxy/base/scheduler.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/snapshot.h"
#include "proxy/relay/stream_plan.h"

// How the legs of a bridge are set up, from the configuration and the kind of the stream.
namespace portcullis::relay {

// The leg of which we are the receiving entity. `clock` must outlive it.
session::ReceivingLeg near_leg(const StreamPlan& plan, TlsEntry entry, const SnapshotPtr& snapshot,
                               const Scheduler& clock);

// The leg of which we are the initiating entity, for one attempt.
session::InitiatingLeg far_leg(const StreamPlan& plan, const policy::Config& config,
                               const session::OpenFarLeg& wanted, const Dial::Attempt& attempt);

LegEnd::Settings leg_settings(const StreamPlan& plan, Place place, const policy::Limits& limits,
                              std::chrono::milliseconds first_deadline);

}  // namespace portcullis::relay
