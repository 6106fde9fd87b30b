#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/net/resolver.h"

namespace portcullis::relay {

// The candidates of one far leg, tried one after the other within one time budget. A value: no
// timer, no socket.
class Dial {
 public:
  Dial(std::vector<net::Candidate> candidates, std::chrono::milliseconds budget,
       std::chrono::milliseconds started)
      : candidates_(std::move(candidates)), ends_(started + budget) {}

  struct Attempt {
    net::Candidate candidate;
    std::chrono::milliseconds time;  // for connecting and negotiating together
  };
  // The next attempt; nullopt if no candidate or no time is left. The rest of the budget is divided
  // evenly among the remaining candidates, so that a silent one does not take the time of the
  // others.
  std::optional<Attempt> next(std::chrono::milliseconds now);

  // Keeps the failure that tells most: a refusal in words is kept rather than a connection that
  // failed.
  void failed(policy::Refusal refusal);
  const std::optional<policy::Refusal>& failure() const { return failure_; }

 private:
  std::vector<net::Candidate> candidates_;
  std::size_t next_ = 0;
  std::chrono::milliseconds ends_;
  std::optional<policy::Refusal> failure_;
};

}  // namespace portcullis::relay
