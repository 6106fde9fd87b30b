#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/net/resolver.h"
#include "proxy/relay/dial_phase.h"
#include "proxy/relay/dial_target.h"

namespace portcullis::relay {

// Why no far end was reached.
struct DialFailure {
  policy::Refusal refusal;
  // The far end has shown that it speaks XMPP before it failed. If it has not, our own users are
  // told no more than that it was not reached: by anything else they could look for open ports.
  bool spoke_xmpp = false;
  DialPhase phase = DialPhase::kConnect;
};

// The candidates of one far leg, and the one time budget that they have together. A value: no
// timer, no socket.
class Dial {
 public:
  Dial(const std::vector<net::Candidate>& candidates, std::chrono::milliseconds ends);

  struct Attempt {
    DialTarget target;
    TlsEntry entry;
    std::chrono::milliseconds time;  // for all that follows connecting
    net::FoundBy found = net::FoundBy::kSrv;
    unsigned calls = 1;  // that this address got, this one included
  };
  // Asks whether an address may be called. A candidate that may not is left out, and not asked
  // about again.
  using Ask = std::function<DialTarget::Asked(const net::SocketAddress& address)>;

  // The next attempt, without its time; nullopt if no candidate or no time is left. All remaining
  // candidates are asked about.
  std::optional<Attempt> next(std::chrono::milliseconds now, const Ask& ask);
  // Candidates that had not connected when another one did. Should that one fail they are called
  // again, in their order and before the others; but nobody is called more than twice.
  void put_back(const std::vector<Attempt>& attempts);
  // The time of one that has connected: what is left of the budget is divided evenly among it and
  // those that were not called, so that a silent one does not take theirs.
  std::chrono::milliseconds share(std::chrono::milliseconds now) const;

  bool has_more() const { return !candidates_.empty(); }
  std::chrono::milliseconds ends() const { return ends_; }

  // Keeps the failure that tells most: that of an end that spoke XMPP, then our own limit, then a
  // look-up, then a refusal in words rather than a connection that failed.
  void failed(DialFailure failure);
  const std::optional<DialFailure>& failure() const { return failure_; }

 private:
  struct Waiting {
    net::Candidate candidate;
    unsigned calls = 0;
  };

  std::deque<Waiting> candidates_;  // those that are to be called
  std::chrono::milliseconds ends_;
  std::optional<DialFailure> failure_;
};

}  // namespace portcullis::relay
