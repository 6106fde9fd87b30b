#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/net/resolver.h"
#include "proxy/relay/dial_target.h"

namespace portcullis::relay {

// Why no far end was reached.
struct DialFailure {
  policy::Refusal refusal;
  // The far end has shown that it speaks XMPP before it failed. If it has not, our own users are
  // told no more than that it was not reached: by anything else they could look for open ports.
  bool spoke_xmpp = false;
};

// The candidates of one far leg, tried one after the other within one time budget. A value: no
// timer, no socket.
class Dial {
 public:
  Dial(const std::vector<net::Candidate>& candidates, std::chrono::milliseconds budget,
       std::chrono::milliseconds started)
      : candidates_(candidates.begin(), candidates.end()), ends_(started + budget) {}

  struct Attempt {
    DialTarget target;
    TlsEntry entry;
    std::chrono::milliseconds time;  // for connecting and negotiating together
  };
  // Asks whether an address may be called.
  using Ask = std::function<DialTarget::Asked(const net::SocketAddress& address)>;
  // Told about each candidate that may not be called, once.
  using OnRefused =
      std::function<void(const net::SocketAddress& address, const policy::Refusal& refusal)>;

  // The next attempt; nullopt if no candidate or no time is left. All remaining candidates are
  // asked about, and those that may not be called are left out. The rest of the budget is divided
  // evenly among the others, so that a silent one does not take the time of those behind it.
  std::optional<Attempt> next(std::chrono::milliseconds now, const Ask& ask,
                              const OnRefused& on_refused);

  // Keeps the failure that tells most: that of an end that spoke XMPP, then a refusal in words
  // rather than a connection that failed.
  void failed(DialFailure failure);
  const std::optional<DialFailure>& failure() const { return failure_; }

 private:
  std::deque<net::Candidate> candidates_;  // those that were not tried yet
  std::chrono::milliseconds ends_;
  std::optional<DialFailure> failure_;
};

}  // namespace portcullis::relay
