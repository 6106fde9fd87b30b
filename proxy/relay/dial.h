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
  // The next attempt; nothing when no candidate or no time is left. What is left of the budget is
  // shared evenly among the candidates that are left, so that a silent one cannot starve them.
  std::optional<Attempt> next(std::chrono::milliseconds now);

  // Keeps the failure that says most: one in words over a connection that never came about.
  void failed(policy::Refusal refusal);
  const std::optional<policy::Refusal>& failure() const { return failure_; }

 private:
  std::vector<net::Candidate> candidates_;
  std::size_t next_ = 0;
  std::chrono::milliseconds ends_;
  std::optional<policy::Refusal> failure_;
};

}  // namespace portcullis::relay
