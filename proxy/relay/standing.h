#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/base/authentication.h"
#include "proxy/base/stream_kind.h"
#include "proxy/relay/leg_roles.h"
#include "proxy/relay/peer_assessment.h"

namespace portcullis::relay {

// The two domains of an s2s stream. On c2s there is no remote domain.
struct StreamPair {
  DomainName local;
  std::optional<DomainName> remote;
};

// Why the newest configuration forbids the servers of `pair` to speak to each other; nullopt: it
// does not, or there is none newer (null).
std::optional<policy::Refusal> forbidden_by(const SnapshotPtr& newest, const StreamPair& pair,
                                            std::chrono::sys_seconds now);

// What the two ends of an established stream showed.
struct StreamEvidence {
  PeerEvidence peer;
  certs::PresentedChain backend;  // no leaf: the leg to the backend is in the clear
  // If the remote domain is ours, too: what the backend of its host showed.
  std::optional<certs::PresentedChain> other_backend = std::nullopt;
};

// Why a stream may go on, and as whom: what was decided about its two ends, what was let pass
// though `enforce` would refuse it, and until when that is valid. A value: it reads no clock and
// does no I/O.
//
// All that it rests on is looked at by review(), and the first of it that ends by time is
// expires(). So a stream is reviewed in two cases: a newer generation is there, or expires() is
// over. Whatever else a stream is to rest on belongs into these two.
class Standing {
 public:
  // ---- While the stream is negotiated

  // A new attempt to reach the far end begins. What was known about the far end is forgotten.
  void begin_attempt(bool calls_peer);
  // Keeps what the gate decided about one end. Returns the answer for the leg of that end.
  Judgement keep(Place place, policy::Decision decision);
  // The same for a peer's certificate. Also keeps until when that holds.
  Judgement keep_peer(Place place, PeerAssessment assessment);
  // The same for a client's.
  Judgement keep_client(Place place, PeerAssessment assessment);
  // Observe mode: this would be refused if it were enforced.
  void doubt(Place place, policy::Refusal refusal);
  // s2s: the backend is known by dialback, and shows no certificate.
  void know_backend_by_dialback() { by_dialback_ = true; }
  // s2s: the far end has authenticated us, so both ends are authenticated now. `by_key`: a peer
  // knows us by a key of dialback.
  void authenticate(bool by_key = false) {
    authenticated_ = true;
    by_key_ = by_key;
  }
  // Whether an observed stream may carry one more pair of domains (XEP-0220 section 2.3). For each
  // pair the answer is `kNew` only the first time.
  enum class Admission { kRefused, kKnown, kNew };
  Admission admit(const policy::Config& config, const StreamPair& own, const DomainName& local,
                  const DomainName& remote);

  // ---- What it is

  // The peer's certificate was accepted.
  bool certified() const { return certified_; }
  // As of PeerAssessment.
  bool identified() const { return identified_; }
  bool authenticated() const { return authenticated_; }
  // Why the stream was let through: because it meets the policy, by an exception, or because it is
  // only observed.
  policy::Decision outcome() const;
  // How the other side is known, now that the stream is established, by the latest judgement.
  // `encrypted`: the connection to it has TLS.
  Authentication authentication(StreamKind kind, bool encrypted) const;
  // Whether it rests on an exception.
  bool excepted() const { return known_.excepted.has_value(); }
  // A refusal by the other side, with what the exception has to do with it.
  policy::Refusal beside_exception(policy::Refusal refusal) const;
  // The last second for which it is known to be good: then the accepted chain expires, or an
  // exception's last day is over. sys_seconds::max() if nothing of it ends by time.
  std::chrono::sys_seconds expires() const { return known_.expires; }

  // ---- Judging an established stream again

  // What of a standing a judgement may change.
  struct Known {
    std::chrono::sys_seconds expires = std::chrono::sys_seconds::max();
    std::optional<policy::Decision> excepted = std::nullopt;
    bool pinned = false;
    bool observed = false;  // `enforce` would refuse it now, beside what the doubts are about
    bool client_verified = false;
  };
  struct Review {
    // Why it must end; empty if it may go on. kBackendChanged only if nothing else forbids it.
    std::optional<policy::Refusal> lost;
    Known known;  // with adopt() this takes the place of what is known
  };
  // Judges the stream by a generation, which may be the one that it began with. Changes nothing;
  // adopt() does.
  Review review(const Snapshot& by, const StreamPair& pair, const StreamEvidence& evidence,
                std::chrono::sys_seconds now) const;
  void adopt(Review review);

 private:
  // The part of review() that is not about the backend.
  Review review_peer(const Snapshot& by, const StreamPair& pair, const PeerEvidence& peer,
                     std::chrono::sys_seconds now) const;
  // All pairs of an observed stream, its own first.
  std::vector<std::pair<DomainName, DomainName>> pairs_of(const StreamPair& own) const;
  std::vector<policy::Refusal>& doubts(Place place);

  std::vector<policy::Refusal> near_doubts_;
  std::vector<policy::Refusal> far_doubts_;
  std::vector<std::pair<DomainName, DomainName>> more_pairs_;  // local, remote
  Known known_;
  bool certified_ = false;
  bool identified_ = false;
  bool authenticated_ = false;
  bool by_key_ = false;
  bool by_dialback_ = false;
};

}  // namespace portcullis::relay
