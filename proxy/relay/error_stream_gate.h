#pragma once

#include <memory>
#include <optional>
#include <string>

#include "certs/own/local_ca.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/far_record.h"
#include "proxy/relay/leg_roles.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::relay {

// Between whom errors are told, and to whom.
struct ErrorPair {
  DomainName local;   // of a host of ours
  DomainName remote;  // of a peer, or of another host of ours
  Side to = Side::kBackend;

  bool operator==(const ErrorPair&) const = default;
};
// Why they could not be told, for the log.
std::string in_words(const policy::Refusal& refusal, const ErrorPair& pair);

// The gate of a stream that tells errors: our credentials, and whether the other end is who it has
// to be. Toward the backend we are the remote domain, whether that was verified or not; what we say
// there is our own. Toward a peer we are ourselves, and the peer is judged as that of any outgoing
// stream. Nothing at all may pass from the other end.
class ErrorStreamGate final : public LegGate {
 public:
  using Leaf = std::shared_ptr<const certs::MintedLeaf>;

  // `leaf` is the certificate for `pair.remote`; null toward a peer. All references must outlive
  // this.
  ErrorStreamGate(SnapshotPtr snapshot, const Scheduler& clock, FarRecord& record, ErrorPair pair,
                  Leaf leaf);

  // Why there must be no such stream at all; nullopt: it may be opened. Asked before anything else.
  static std::optional<policy::Refusal> refuses(const Snapshot& snapshot, const ErrorPair& pair,
                                                std::chrono::sys_seconds now);

  const Snapshot& snapshot() const { return *snapshot_; }
  const ErrorPair& pair() const { return pair_; }
  // The next address is tried. `entry` is how TLS starts there.
  void begin_attempt(TlsEntry entry) { entry_ = entry; }

  EngineOrRefusal make_engine(const LegEnd& end, const session::BeginTls& action) override;
  Judgement judge(const LegEnd& end, const session::JudgePeer& action) override;
  xmpp::GuardRules guard_rules(const LegEnd& end, const xmpp::StreamHeader& peer_header) override;
  void on_would_refuse(const LegEnd& /*end*/, policy::Refusal /*refusal*/) override {}
  void on_remark(const LegEnd& /*end*/, const policy::Refusal& /*about*/) override {}

 private:
  Judgement judge_backend(const LegEnd& end) const;
  Judgement judge_peer(const LegEnd& end) const;

  const SnapshotPtr snapshot_;
  const Scheduler& clock_;
  FarRecord& record_;
  const ErrorPair pair_;
  const Leaf leaf_;
  TlsEntry entry_ = TlsEntry::kStartTls;
};

}  // namespace portcullis::relay
