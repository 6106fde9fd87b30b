#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "policy/model/config.h"
#include "proxy/base/domain_name.h"

namespace portcullis::relay {

// How many peers are being called at one time, in total and of one remote domain, over all worker
// loops. What is called is named by the DNS of others, so this is what ends a circle of gates that
// call each other. Thread-safe.
class DialLimits {
  struct GiveBack {
    DialLimits* limits = nullptr;
    void operator()(const DomainName* remote) const;
  };

 public:
  // The place of one call. It is given back when this is destroyed; the limits must outlive it.
  using Place = std::unique_ptr<const DomainName, GiveBack>;

  // nullptr if `limits.dials` or `limits.dials_per_domain` is reached.
  Place take(const DomainName& remote, const policy::Limits& limits);
  std::size_t under_way() const;

 private:
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::unordered_map<DomainName, std::size_t> per_domain_;
};

}  // namespace portcullis::relay
