#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "policy/model/config.h"
#include "proxy/base/domain_name.h"

namespace portcullis::relay {

struct DialPlaces;

// How many calls to peers are under way at one time, in total and of one remote domain, over all
// worker loops. What is called is named by the DNS of others, so this is what ends a circle of
// gates that call each other. Thread-safe.
class DialLimits {
  struct GiveBack {
    DialLimits* limits = nullptr;
    void operator()(const DomainName* remote) const;
  };

 public:
  // The place of one call. It is given back when this is destroyed; the limits must outlive it.
  using Place = std::unique_ptr<const DomainName, GiveBack>;

  // For the first address of a peer that is called. nullptr if `limits.dials` or
  // `limits.dials_per_domain` is reached.
  Place take(const DomainName& remote, const policy::Limits& limits);
  // For one more address of that peer at the same time. nullptr if half of either is reached: the
  // other half is for those that are called at one address, so that names with many addresses that
  // do not answer leave room for others.
  Place take_further(const DomainName& remote, const policy::Limits& limits);
  // take(), and how to take further ones. `limits` must outlive what is returned.
  DialPlaces places(const DomainName& remote, const policy::Limits& limits);
  std::size_t under_way() const;

 private:
  Place take_below(const DomainName& remote, std::size_t most, std::size_t most_of_domain);

  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::unordered_map<DomainName, std::size_t> per_domain_;
};

// The places that the search for one peer may have among the calls. Empty where it needs none.
struct DialPlaces {
  DialLimits::Place first;
  std::function<DialLimits::Place()> further;  // asks for one more
};

}  // namespace portcullis::relay
