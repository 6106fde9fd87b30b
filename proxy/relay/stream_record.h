#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/decide/gate.h"
#include "proxy/net/socket_address.h"
#include "proxy/relay/clock_watch.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/leg_roles.h"
#include "proxy/relay/passed_on.h"
#include "proxy/relay/stream_decisions.h"
#include "proxy/relay/stream_lines.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// The account of a bridge: what log and metrics are told about its stream. The log gets exactly one
// decision line (accepted, rejected, would_reject or excepted) for each pair of domains, and one
// end line if the stream was established. If a connection is closed before anything was decided
// about it, it gets only an end line; and only with `log.debug`, if it never said anything. So do
// load balancers and other programs that look whether we are there.
class StreamRecord final : public LegAccount {
 public:
  // All of the books must outlive this.
  StreamRecord(const StreamBooks& books, const StreamPlan& plan, std::string id, TlsEntry entry,
               StreamDecisions::RuleOf rule_of);
  StreamRecord(const StreamRecord&) = delete;
  StreamRecord& operator=(const StreamRecord&) = delete;
  // If gone() was not called, the stream is counted as closed, and nothing is logged.
  ~StreamRecord() override;

  void set_peer(const net::SocketAddress& address) { facts_.peer = address.text(); }
  // The peer of an outgoing stream was connected.
  void set_called(const Dial::Attempt& attempt);
  // No far end was reached, and the best try got that far.
  void set_phase(DialPhase phase) { facts_.phase = name(phase); }

  // How an established stream came about.
  struct Established {
    policy::Decision decision;  // what was let pass, if anything was
    Authentication how = Authentication::kExternal;
    std::string host = {};  // the domain of the host of ours that it belongs to
  };
  void established(const Established& so);
  // The established stream was judged again, and goes on.
  void judged_again(Authentication how);
  // Adds the octets that were passed on in one direction.
  void count(bool toward_backend, std::uint64_t bytes);
  // How an established stream ended. Only the first call counts: later ones are consequences of
  // that end.
  void ending(telemetry::End end, std::string why);
  // The same for an end that a leg has told; null: it ended properly. If observe mode let the
  // stream through and the backend does not take it, that is a second decision about it.
  void ending(telemetry::End end, const session::FarFailed* failed);
  // Both connections are closed. `now` is the scheduler's time.
  void gone(std::chrono::milliseconds now);

  const StreamFacts& facts() const { return facts_; }
  // For whoever finds more faults, or decides about further pairs of domains.
  StreamDecisions& decisions() { return decisions_; }
  // For whoever knows what did not arrive.
  PassedOn& passed_on() { return passed_on_; }

  void on_header(const LegEnd& end, const xmpp::StreamHeader& header) override;
  void on_secured(const LegEnd& end, std::chrono::milliseconds took) override;
  void on_tls_failed(const LegEnd& end) override;
  void on_guard_fault(const LegEnd& end, policy::Reason reason) override;
  void on_refused(const LegEnd& end, const policy::Refusal& refusal) override;
  bool wants_steps() const override;
  void on_step(const LegEnd& end, const session::Event& event, std::string_view state) override;

 private:
  bool count_end();

  const StreamBooks books_;
  const StreamPlan& plan_;
  StreamFacts facts_;
  StreamDecisions decisions_;
  telemetry::Counted stands_;
  ClockWatch::Standing good_;  // for an outgoing stream
  PassedOn passed_on_;
  std::string why_;
  std::optional<telemetry::End> end_;
  bool decided_ = false;
  bool silent_ = false;     // nothing is decided, because nothing was said
  bool counted_ = false;    // its end
  bool overruled_ = false;  // by the backend, after it was let through
};

}  // namespace portcullis::relay
