#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/relay/leg_roles.h"
#include "proxy/relay/peer_assessment.h"

namespace portcullis::relay {

// The two domains of an s2s stream. On c2s there is no remote domain.
struct StreamPair {
  DomainName local;
  std::optional<DomainName> remote;
};

// Why a stream may go on, and as whom: what was decided about its two ends, what was let pass
// though `enforce` would refuse it, and until when that is valid. A value: it reads no clock and
// does no I/O.
class Standing {
 public:
  // ---- While the stream is negotiated

  // A new attempt to reach the far end begins. What was known about the far end is forgotten.
  void begin_attempt(bool calls_peer);
  // Keeps what the gate decided about one end. Returns the answer for the leg of that end.
  Judgement keep(Place place, policy::Decision decision);
  // The same for a peer's certificate. Also keeps when the accepted chain expires.
  Judgement keep_peer(Place place, PeerAssessment assessment);
  // Observe mode: this would be refused if it were enforced.
  void doubt(Place place, policy::Refusal refusal);
  // s2s: the far end has authenticated us, so both ends are authenticated now.
  void authenticate() { authenticated_ = true; }
  // Whether an observed stream may carry one more pair of domains (XEP-0220 section 2.3). For each
  // pair the answer is `kNew` only the first time.
  enum class Admission { kRefused, kKnown, kNew };
  Admission admit(const policy::Config& config, const StreamPair& own, const DomainName& local,
                  const DomainName& remote);

  // ---- What it is

  // The peer's certificate was accepted.
  bool certified() const { return certified_; }
  bool authenticated() const { return authenticated_; }
  // Why the stream was let through: because it meets the policy, by an exception, or because it is
  // only observed.
  policy::Decision outcome() const;
  // When the accepted chain expires; sys_seconds::max() if nothing expires.
  std::chrono::sys_seconds expires() const { return expires_; }

  // ---- Judging an established stream again

  struct Review {
    std::optional<policy::Refusal> lost;  // why it must end; empty if it may go on
    std::chrono::sys_seconds expires;     // what expires() becomes with adopt()
  };
  // Judges the stream by a newer generation. Changes nothing; adopt() does.
  Review review(const Snapshot& newer, const StreamPair& pair, const PeerEvidence& evidence,
                std::chrono::sys_seconds now) const;
  void adopt(const Review& review) { expires_ = review.expires; }

 private:
  std::vector<policy::Refusal>& doubts(Place place);

  std::vector<policy::Refusal> near_doubts_;
  std::vector<policy::Refusal> far_doubts_;
  std::optional<policy::Decision> excepted_;
  std::vector<std::pair<DomainName, DomainName>> more_pairs_;  // local, remote
  std::chrono::sys_seconds expires_ = std::chrono::sys_seconds::max();
  bool certified_ = false;
  bool authenticated_ = false;
};

}  // namespace portcullis::relay
