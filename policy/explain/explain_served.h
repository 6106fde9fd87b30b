#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/decide/verdict.h"
#include "policy/model/config.h"

namespace portcullis::policy {

// What the policy says about a domain that is served behind this gate itself. Nothing that is
// demanded of other servers is demanded of it. Pure.

struct ServedPair {
  std::string local;  // the domain of the other host
  Decision decision;  // about streams between the two, in either direction
  std::string why;    // of a refusal
};

struct ServedExplanation {
  DomainName domain;
  std::string host;    // the domain of the [[host]] that serves it
  std::string origin;  // "FILE:LINE"
  std::string server;  // where its server takes streams of others; empty: nowhere
  std::vector<ServedPair> pairs;
};

// `with`: the only domain of ours to be asked about; else the domains of all other hosts. nullopt:
// no host serves `domain`.
std::optional<ServedExplanation> explain_served(const Config& config, const DomainName& domain,
                                                const std::optional<DomainName>& with);

// For people, one line each, no line feed.
std::vector<std::string> lines(const ServedExplanation& explanation);

}  // namespace portcullis::policy
