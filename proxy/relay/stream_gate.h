#pragma once

#include <memory>
#include <optional>

#include "policy/decide/peer_route.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/far_record.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/offered_name.h"
#include "proxy/relay/shared_certificate.h"
#include "proxy/relay/snapshot.h"
#include "proxy/relay/standing.h"
#include "proxy/relay/stream_budget.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/relay/stream_record.h"

namespace portcullis::relay {

// The gate of one stream. It shows each end the right credentials, judges each end's certificate by
// the generation of the configuration with which the stream began, and says what may pass. It keeps
// the stream's standing.
class StreamGate final : public LegGate {
 public:
  // All references must outlive this.
  StreamGate(const StreamPlan& plan, SnapshotPtr snapshot, const Scheduler& clock,
             StreamRecord& record, FarRecord& far_record, StreamBudget& budget);

  const policy::Config& config() const { return snapshot_->config(); }
  const SnapshotPtr& snapshot() const { return snapshot_; }
  Standing& standing() { return standing_; }
  const Standing& standing() const { return standing_; }
  SharedCertificate& shared() { return shared_; }

  // Keeps what the near end asked for. Called again if the near end asks again after the far leg
  // was dropped. `served`: our certificate that it was shown. If both domains are ours, the far leg
  // is that of an incoming stream: what is wanted of it is seen from the host of `remote`.
  void want(session::OpenFarLeg wanted, std::shared_ptr<X509> served);
  // May only be called after want() and before settle().
  const session::OpenFarLeg& wanted() const { return *wanted_; }
  // Both legs relay, so no other far leg is made. Forgets what is needed only for making one.
  void settle() {
    wanted_.reset();
    shared_ = {};
    far_leaf_.reset();
  }
  // May only be called after want(). As the near end asked.
  const StreamPair& pair() const { return *pair_; }
  const FarPlan& far_plan() const { return far_plan_; }
  // How we call the peer. May only be called as wanted(), where there is one.
  policy::PeerRoute route() const {
    return policy::peer_route(config(), *wanted_->remote, clock_.wall_clock());
  }
  // Before anybody is called. The refusal if a backend may not speak to the other domain, where
  // that was not judged with the backend: in observe mode, because it is not authenticated yet; or
  // because it is to be told otherwise (answers_refused). Or if the backend that is to be called
  // takes no such streams, or there is no certificate to show it.
  std::optional<policy::Refusal> refuses_call();
  // A far leg is about to be made. `entry` is how TLS starts on it.
  void begin_attempt(TlsEntry entry);
  // Judges the established stream by a generation, by what both ends showed. If it may go on, its
  // standing is what was found.
  // From then on no domain that is ours in that generation is a peer's.
  Standing::Review review(const SnapshotPtr& by, const LegEnd& near, const LegEnd& far);

  EngineOrRefusal make_engine(const LegEnd& end, const session::BeginTls& action) override;
  Judgement judge(const LegEnd& end, const session::JudgePeer& action) override;
  xmpp::GuardRules guard_rules(const LegEnd& end, const xmpp::StreamHeader& peer_header) override;
  void on_would_refuse(const LegEnd& end, policy::Refusal refusal) override;
  void on_remark(const LegEnd& end, const policy::Refusal& about) override;

 private:
  EngineOrRefusal backend_engine(const LegEnd& end, const session::BeginTls& action);
  Judgement judge_backend(const LegEnd& end, const session::JudgePeer& action);
  void allow_servers(xmpp::GuardRules& rules, const LegEnd& end);
  Judgement keep(Place place, policy::Decision decision);

  const StreamPlan& plan_;
  FarPlan far_plan_;
  SnapshotPtr snapshot_;
  SnapshotPtr reviewed_by_;  // null if it was not reviewed yet
  const Scheduler& clock_;
  StreamRecord& record_;
  FarRecord& far_record_;
  StreamBudget& budget_;
  Standing standing_;
  SharedCertificate shared_;  // c2s
  std::unique_ptr<const session::OpenFarLeg> wanted_;
  std::optional<StreamPair> pair_;
  std::shared_ptr<const certs::MintedLeaf> far_leaf_;  // null where the far leg needs none
  std::unique_ptr<OfferedName> offered_;  // until it was compared; null if STARTTLS was used
  std::shared_ptr<xmpp::DialbackQuestions> questions_;  // of both guards
  TlsEntry far_entry_ = TlsEntry::kStartTls;
};

// A refusal by the far end, with what an exception and our own certificate have to do with it.
policy::Refusal beside_our_own(const StreamGate& gate, policy::Refusal refusal);

// What gate.review() would find. Changes nothing.
Standing::Review foresee(const StreamGate& gate, const Snapshot& by, const LegEnd& near,
                         const LegEnd& far, std::chrono::sys_seconds now);

}  // namespace portcullis::relay
