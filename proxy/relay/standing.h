#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/relay/leg_roles.h"
#include "proxy/relay/peer_assessment.h"

namespace portcullis::relay {

// The two domains of an s2s stream; on c2s there is no remote one.
struct StreamPair {
  DomainName local;
  std::optional<DomainName> remote;
};

// What a stream's right to go on rests on, and as whom: what was decided about its ends, what was
// let pass although it would be refused, and until when that holds. A value: it reads no clock and
// does no I/O.
class Standing {
 public:
  // ---- While the stream is negotiated

  // A new attempt to reach the far end begins: nothing is known of it yet.
  void begin_attempt(bool calls_peer);
  // Keeps what the gate decided about one end, and answers that end's leg.
  Judgement keep(Place place, policy::Decision decision);
  // The same for a peer's certificate, with the end of the chain that was accepted.
  Judgement keep_peer(Place place, PeerAssessment assessment);
  // Observe mode: this would have been refused.
  void doubt(Place place, policy::Refusal refusal);
  // s2s: the far end has authenticated us, so that both ends are authenticated.
  void authenticate() { authenticated_ = true; }
  // Whether one more pair of domains may be carried by an observed stream (XEP-0220 section 2.3).
  // A pair is `kNew` once.
  enum class Admission { kRefused, kKnown, kNew };
  Admission admit(const policy::Config& config, const StreamPair& own, const DomainName& local,
                  const DomainName& remote);

  // ---- What it is

  // The peer's certificate was accepted.
  bool certified() const { return certified_; }
  bool authenticated() const { return authenticated_; }
  // What let the stream through: nothing to say, an exception, or that it is only observed.
  policy::Decision outcome() const;
  // When the chain that was accepted ends; sys_seconds::max() where nothing ends.
  std::chrono::sys_seconds expires() const { return expires_; }

  // ---- Judging an established stream again

  struct Review {
    std::optional<policy::Refusal> lost;  // empty: it may go on
    std::chrono::sys_seconds expires;     // what expires() is to be from now on
  };
  // By a newer generation. Changes nothing; see adopt().
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
