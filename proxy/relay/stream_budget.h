#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>

#include "proxy/base/scheduler.h"
#include "proxy/relay/admission.h"
#include "proxy/relay/held_share.h"
#include "proxy/relay/leg_roles.h"
#include "proxy/relay/reading.h"
#include "proxy/relay/stanza_pace.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/relay/stream_record.h"

namespace portcullis::relay {

// What one stream may take of what all streams share: places, new connections in a time, memory,
// and our patience. It counts what the ends tell, and says when the stream has taken too much.
class StreamBudget final : public LegBudget {
 public:
  struct Owner {
    std::function<std::size_t()> queued;  // octets that wait to be written to either end
    std::function<void()> on_short;       // Bridge::mind_memory() has something to do
  };

  // All references must outlive this. `stanza_rate` as in policy::Limits.
  StreamBudget(const Scheduler& clock, HeldBytes& held, const StreamPlan& plan,
               StreamRecord& record, Admission admission, std::size_t stanza_rate, Owner owner);

  // Asks whether the remote domain may have one more stream; the refusal if not. Called whenever
  // the identity of the peer is known anew: its certificate proves it, or it only claims it.
  std::optional<policy::Refusal> join(const std::optional<DomainName>& remote, bool certified);

  // The stream is established. `trusted`: both ends are authenticated.
  void established(bool trusted);

  // As of Admission.
  std::optional<policy::Refusal> mint(certs::LeafPurpose purpose, const DomainName& host,
                                      const DomainName& remote) {
    return admission_.mint(purpose, host, remote, clock_.now());
  }
  Admission& admission() { return admission_; }

  // Whether the ends are read from.
  Reading& reading() { return reading_; }
  // Stops reading from both ends, or goes on, as the memory that is there wants it.
  void mind_memory(LegEnd& near, LegEnd& far);
  // Ends a stream that is not established if all hold too much for it to go on. `end` has begun an
  // element, or it is any end of the stream.
  void mind_newcomer(LegEnd& end);

  // As StanzaPace::too_slow(), of the peer.
  bool peer_is_too_slow() { return pace_.too_slow(clock_.now()); }
  // Whether the stream has to be ended because all hold too much and it is among those that hold
  // most. If so, what it holds counts no more. It is also true of one that was stopped in the
  // middle of a stanza and would hold it for ever, because those who hold the rest are stopped,
  // too.
  bool give_up();
  // Whether a stream that was ended, for this or for something else, still is one of those.
  bool must_end() const { return share_.must_end(); }
  // The refusal with which the stream is ended then. Counts it as refused by that limit.
  policy::Refusal too_slow(const LegEnd& wan);
  policy::Refusal too_much(const LegEnd& wan);

  // What its client tries before it is logged in. The counter must not outlive this.
  session::AttemptCounter attempts();

  // One more limit was reached by this stream.
  void hit(telemetry::Limit limit);

  // A stranger was refused, or left before its stream was established. Its places are free from now
  // on. True if it may stay open until it has read why.
  bool leave();

  std::optional<policy::Refusal> on_open(LegEnd& end) override;
  void on_held(const LegEnd& end, std::size_t came, std::size_t held) override;
  void on_unfinished(LegEnd& end, std::size_t held) override;
  void on_queue(const LegEnd& end) override;
  void charge(const LegEnd& end, double connections) override;
  void on_limit(const LegEnd& end, telemetry::Limit limit) override;

 private:
  policy::Refusal over(const LegEnd& wan, telemetry::Limit limit, policy::Reason reason);
  void count();

  const Scheduler& clock_;
  const StreamPlan& plan_;
  StreamRecord& record_;
  Admission admission_;
  HeldShare share_;
  StanzaPace pace_;
  Reading reading_;
  const std::size_t stanza_rate_;
  std::array<std::size_t, 2> held_{};  // by Place: of unfinished stanzas
  bool over_ = false;                  // the stream is being ended for a limit
  bool charged_ = false;               // what it cost us has been charged
  Owner owner_;
};

}  // namespace portcullis::relay
