#pragma once

#include <memory>
#include <optional>

#include "proxy/base/scheduler.h"
#include "proxy/relay/far_record.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/snapshot.h"
#include "proxy/relay/standing.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/relay/stream_record.h"

namespace portcullis::relay {

// The gate of one stream: shows each end the right credentials, judges each end's certificate by
// the generation of the configuration that the stream began with, and says what may pass. Keeps
// the stream's standing.
class StreamGate final : public LegGate {
 public:
  // All references must outlive this.
  StreamGate(const StreamPlan& plan, SnapshotPtr snapshot, const Scheduler& clock,
             StreamRecord& record, FarRecord& far_record);

  const policy::Config& config() const { return snapshot_->config(); }
  const SnapshotPtr& snapshot() const { return snapshot_; }
  Standing& standing() { return standing_; }
  const Standing& standing() const { return standing_; }

  // What the near end asked for; once more when it asks anew after the far leg was dropped.
  void want(session::OpenFarLeg wanted);
  // Until settle().
  const session::OpenFarLeg& wanted() const { return *wanted_; }
  // Both legs relay: no far leg is made any more, and what only that needs is forgotten.
  void settle() { wanted_.reset(); }
  // From want() on.
  const StreamPair& pair() const { return *pair_; }
  // Observe mode, before a peer is called for a backend that nobody has authenticated yet: may
  // these two domains speak to each other?
  std::optional<policy::Refusal> refuses_call();
  // A far leg is being made, by this way of starting TLS.
  void begin_attempt(TlsEntry entry);
  // What the peer on the WAN side showed.
  PeerEvidence evidence_of(const LegEnd& wan) const;

  Result<std::unique_ptr<tls::Engine>> make_engine(const LegEnd& end,
                                                   const session::BeginTls& action) override;
  Judgement judge(const LegEnd& end, const session::JudgePeer& action) override;
  xmpp::GuardRules guard_rules(const LegEnd& end, const xmpp::StreamHeader& peer_header) override;
  void on_would_refuse(const LegEnd& end, policy::Refusal refusal) override;

 private:
  Result<std::unique_ptr<tls::Engine>> backend_engine(const LegEnd& end,
                                                      const session::BeginTls& action) const;
  Judgement judge_backend(const LegEnd& end, const session::JudgePeer& action);
  void allow_servers(xmpp::GuardRules& rules, const LegEnd& end);
  bool admit(const DomainName& local, const DomainName& remote);
  Judgement keep(Place place, policy::Decision decision);

  const StreamPlan& plan_;
  SnapshotPtr snapshot_;
  const Scheduler& clock_;
  StreamRecord& record_;
  FarRecord& far_record_;
  Standing standing_;
  std::unique_ptr<const session::OpenFarLeg> wanted_;
  std::optional<StreamPair> pair_;
  TlsEntry far_entry_ = TlsEntry::kStartTls;
};

}  // namespace portcullis::relay
