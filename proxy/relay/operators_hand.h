#pragma once

#include <cstdint>
#include <optional>

#include "policy/reasons/reason.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/leg_pair.h"
#include "proxy/relay/lost_stream.h"
#include "proxy/relay/stream_gate.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/relay/stream_record.h"
#include "proxy/relay/stream_watch.h"
#include "proxy/status/stream_row.h"

namespace portcullis::relay {

// What an operator sees of one stream, and how he ends it.
class OperatorsHand {
 public:
  struct Parts {
    const Scheduler& clock;
    const StreamPlan& plan;
    StreamRecord& record;
    const StreamGate& gate;
    LegPair& ends;
    const StreamWatch& watch;
  };

  // All of them outlive this.
  OperatorsHand(std::uint64_t number, const Parts& parts) : number_(number), parts_(parts) {}

  std::uint64_t number() const { return number_; }
  const StreamFacts& facts() const { return parts_.record.facts(); }
  // For a list of streams.
  status::StreamRow row() const;
  // What Bridge::rejudge() would end this stream for. Changes nothing.
  std::optional<LostStream> foresee(const Snapshot& by) const;
  // Ends the stream in words. What was accepted is delivered first.
  void close(const policy::Refusal& why);
  // How the other side is known, by the latest judgement.
  Authentication known() const {
    return parts_.gate.standing().authentication(parts_.plan.kind, facts().shown.tls.has_value());
  }
  // How the stream that is now established came about.
  StreamRecord::Established outcome() const;

 private:
  const std::uint64_t number_;
  const Parts parts_;
};

}  // namespace portcullis::relay
