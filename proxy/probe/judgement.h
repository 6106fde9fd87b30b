#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/decide/gate.h"
#include "proxy/probe/findings.h"
#include "proxy/relay/snapshot.h"

namespace portcullis::probe {

// What the policy says about what was found, by the same code that judges streams.

struct Ruling {
  policy::Decision decision;      // as the configuration is
  std::optional<int> depth = {};  // of the certificate at fault; 0: the server's own
  policy::Verdict in_enforce = policy::Verdict::kAccepted;
  policy::Verdict in_observe = policy::Verdict::kAccepted;
};
// Accepted, or let through by an exception.
bool meets_policy(const policy::Decision& decision);

enum class Outcome : std::uint8_t {
  kMet,     // a stream of ours would be established
  kNotMet,  // the policy is not met, also where observe mode would let it pass
  kUnknown  // nobody could be asked
};

struct Judgement {
  std::vector<std::optional<Ruling>> addresses;  // as in Findings; empty: nobody answered there
  // Of the domain: the ruling on the first address that meets the policy, else the first one; with
  // no address at all, why there is none.
  std::optional<Ruling> domain;
  Outcome outcome = Outcome::kUnknown;
  // What its admin can be sent, about the first address at which something is wrong; empty: there
  // is nothing that the admin could do.
  std::string for_admin;
};

Judgement judge(const relay::Snapshot& snapshot, const Subject& subject, const Findings& findings,
                std::chrono::sys_seconds now);

}  // namespace portcullis::probe
