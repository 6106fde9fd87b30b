#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "proxy/report/probe_result.h"

namespace portcullis::report {

// What probes say about the kinds of keys of each domain, in bounded memory. The results of one
// domain must agree; where they do not, nothing about it is proved.
class ProbedKeys {
 public:
  static constexpr std::size_t kMaxDomains = 10'000;

  explicit ProbedKeys(std::size_t max_domains = kMaxDomains) : max_domains_(max_domains) {}

  void add(const ProbeResult& result);

  struct Known {
    KeyKinds kinds = KeyKinds::kUnproved;
    std::uint64_t probes = 0;
    bool contradicting = false;
  };
  const std::map<std::string, Known>& domains() const { return domains_; }
  // Results of domains for which there was no room.
  std::uint64_t further() const { return further_; }

 private:
  std::size_t max_domains_;
  std::map<std::string, Known> domains_;
  std::uint64_t further_ = 0;
};

}  // namespace portcullis::report
