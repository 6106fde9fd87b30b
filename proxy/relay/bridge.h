#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/relay/connection_limits.h"
#include "proxy/relay/dial.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/peer_assessment.h"
#include "proxy/relay/services.h"
#include "proxy/relay/stream_record.h"

namespace portcullis::relay {

// What an accepted connection is.
struct Accepted {
  std::uint64_t id = 0;
  StreamKind kind = StreamKind::kS2sInbound;
  TlsEntry entry = TlsEntry::kStartTls;
  std::shared_ptr<ConnectionLimits> limits;
  ConnectionLimits::Place place;  // of the total
};

// Two legs that carry one stream pair. `near` is the leg that was accepted and of which we are the
// receiving entity; `far` is dialed once near asks for it.
class Bridge final : private LegEnd::Owner {
 public:
  // `on_gone` is called once, deferred to the end of the loop turn; it may destroy the bridge.
  Bridge(Services services, SnapshotPtr snapshot, Accepted accepted, const MakeTransport& make_near,
         std::function<void(std::uint64_t id)> on_gone);
  ~Bridge() override;

  // system-shutdown on both legs.
  void shut_down();
  // Judges what is established by a newer generation; an established stream that loses is told so.
  // Everything else of the stream stays that of the generation it began with.
  void rejudge(SnapshotPtr newer);
  // Closes without words; what is left when the drain deadline is over.
  void abort();

 private:
  std::optional<policy::Refusal> on_open(LegEnd& end) override;
  void on_header(LegEnd& end, const xmpp::StreamHeader& header) override;
  Result<std::unique_ptr<tls::Engine>> make_engine(LegEnd& end,
                                                   const session::BeginTls& action) override;
  LegEnd::Judgement judge(LegEnd& end, const session::JudgePeer& action) override;
  void open_far(LegEnd& end, session::OpenFarLeg action) override;
  void drop_far(LegEnd& end) override;
  void to_far(LegEnd& end, session::FarEvent event) override;
  xmpp::GuardRules guard_rules(LegEnd& end, const xmpp::StreamHeader& peer_header) override;
  void on_secured(LegEnd& end, std::chrono::milliseconds took) override;
  void on_tls_failed(LegEnd& end, const policy::Refusal& refusal) override;
  void on_relaying(LegEnd& end) override;
  void on_accepted_bytes(LegEnd& end, std::string_view bytes) override;
  void on_guard_fault(LegEnd& end, policy::Reason reason) override;
  void on_would_refuse(LegEnd& end, policy::Refusal refusal) override;
  void on_refused(LegEnd& end, const policy::Refusal& refusal) override;
  void on_closing(LegEnd& end, const std::string& why) override;
  void on_written(LegEnd& end) override;
  void on_end_gone(LegEnd& end) override;

  void note_end(const LegEnd& end, const session::FarEvent& event);
  bool is_near(const LegEnd& end) const { return &end == near_.get(); }
  LegEnd* other(const LegEnd& end);
  Side side(const LegEnd& end) const;
  const policy::Config& config() const { return snapshot_->config(); }
  LegEnd::Judgement judge_backend(LegEnd& end, const session::JudgePeer& action);
  LegEnd::Judgement judge_peer(LegEnd& end, const session::JudgePeer& action);
  LegEnd::Judgement judge_client(LegEnd& end, const session::JudgePeer& action);
  LegEnd::Judgement take(LegEnd& end, policy::Decision decision);
  std::vector<policy::Refusal>& doubts(const LegEnd& end);
  policy::Decision outcome() const;
  PeerEvidence evidence_of(const LegEnd& wan) const;
  void note_rule(const DomainName& remote);
  LegEnd& wan();
  std::optional<policy::Refusal> lost_by(const Snapshot& newer);
  void close_expired();
  std::chrono::milliseconds until_next_watch() const;
  bool admit(const DomainName& from, const DomainName& to, bool remote_is_from);
  session::ReceivingLeg near_leg() const;
  session::InitiatingLeg far_leg(const Dial::Attempt& attempt) const;
  LegEnd::Settings settings(std::chrono::milliseconds first_deadline) const;
  void arm_attempt(std::chrono::milliseconds time);
  std::string far_name() const;
  bool may_be_called();
  void find_peer();
  void find_backend();
  void dial(std::vector<net::Candidate> candidates, std::chrono::milliseconds budget);
  void try_next_candidate();
  void start_far(const Dial::Attempt& attempt);
  void far_failed(policy::Refusal refusal);
  void give_up_far();
  void watch();
  void check_gone();

  Services services_;
  SnapshotPtr snapshot_;
  StreamRecord record_;
  std::function<void(std::uint64_t)> on_gone_;
  std::unique_ptr<LegEnd> near_;
  std::unique_ptr<LegEnd> far_;
  std::vector<std::unique_ptr<LegEnd>> closing_;  // failed far legs that still say good-bye
  std::optional<session::OpenFarLeg> wanted_;     // what far is or will be
  Network::Lookup lookup_;
  std::unique_ptr<Dial> dial_;
  std::unique_ptr<Scheduler::Timer> attempt_timer_;
  std::unique_ptr<Scheduler::Timer> watch_;
  std::shared_ptr<ConnectionLimits> limits_;
  ConnectionLimits::Place total_place_;
  ConnectionLimits::Place address_place_;
  std::chrono::milliseconds last_byte_{0};
  std::size_t stalled_bytes_ = 0;
  TlsEntry far_entry_ = TlsEntry::kStartTls;
  // What was let pass because it is only observed, of each end; of an attempt for far.
  std::vector<policy::Refusal> near_doubts_;
  std::vector<policy::Refusal> far_doubts_;
  std::optional<policy::Decision> excepted_;
  std::vector<std::pair<DomainName, DomainName>> more_pairs_;           // local, remote
  std::chrono::sys_seconds expires_ = std::chrono::sys_seconds::max();  // of the peer's chain
  SnapshotPtr newest_;           // by which an established stream is judged
  bool peer_certified_ = false;  // outbound: the certificate of this attempt's peer is good
  bool authenticated_ = false;   // s2s: both ends are; else this stream is only observed
  bool far_ready_ = false;
  bool check_pending_ = false;
  // For what is deferred: whether this still exists.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace portcullis::relay
