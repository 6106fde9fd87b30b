#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/decide/gate.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/clock_watch.h"
#include "proxy/relay/stream_lines.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// Where the account of a stream is written.
struct StreamBooks {
  telemetry::Metrics& metrics;
  telemetry::Log& log;
  ClockWatch& clock;
  const Scheduler& scheduler;

  ClockWatch::Now now() const { return {scheduler.now(), scheduler.wall_clock()}; }
};

// What log and metrics are told of the decisions about one stream: each gets one line, and counts
// once. Only what was refused for its rate or for want of memory, before anybody knew whom it
// called, gets no line. The caller decides about each pair of domains once.
class StreamDecisions {
 public:
  // The pattern of the rule that applies to a remote domain; empty if there is none.
  using RuleOf = std::function<std::string(const DomainName& remote)>;

  // All references must outlive this. `facts` are looked at when something is decided.
  StreamDecisions(const StreamBooks& books, const StreamPlan& plan, const StreamFacts& facts,
                  RuleOf rule_of);
  StreamDecisions(const StreamDecisions&) = delete;
  StreamDecisions& operator=(const StreamDecisions&) = delete;

  std::string rule_of(const DomainName& remote) const { return rule_of_(remote); }
  // Keeps the other faults that were found, for the line of a refusal.
  void note_also(const policy::Decision& decision);

  // About the pair that the stream's header names.
  void decided(const policy::Decision& decision);
  // The same: it is refused, also for what was noted.
  void refused(const policy::Refusal& refusal);
  // Another pair of domains was let through on an observed stream (XEP-0220 section 2.3).
  void also_observed(const DomainName& local, const DomainName& remote,
                     const policy::Decision& decision);

 private:
  void tell(const StreamNames& names, const policy::Decision& decision);

  const StreamBooks& books_;
  const StreamPlan& plan_;
  const StreamFacts& facts_;
  RuleOf rule_of_;
  std::vector<policy::Refusal> further_;
};

}  // namespace portcullis::relay
